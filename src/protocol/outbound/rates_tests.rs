use super::*;

const DOCUMENTS: FetchPurpose = FetchPurpose::Document;
const OBJECTS: FetchPurpose = FetchPurpose::RequestObject;

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn address(text: &str) -> ClientAddress {
    ClientAddress::of(text.parse().unwrap())
}

fn network(text: &str) -> ClientNetwork {
    ClientNetwork::of(text.parse().unwrap())
}

fn client(number: u128) -> ClientId {
    ClientId::from_random(&number.to_be_bytes())
}

fn admitted(rates: &mut Rates, purpose: FetchPurpose, asker: Requester<'_>, now: u64, tries: usize) -> usize {
    (0..tries).filter(|_| rates.admit(purpose, asker, at(now)).is_ok()).count()
}

#[test]
fn a_client_has_so_many_documents_a_minute_from_wherever() {
    let (mut rates, own) = (Rates::default(), client(1));
    assert_eq!(admitted(&mut rates, DOCUMENTS, Requester::client(&own), 100, 300), 10);
    assert_eq!(rates.admit(DOCUMENTS, Requester::client(&own), at(101)), Err(Duration::from_secs(59)));
    let elsewhere = network("192.0.2.1");
    let from = Some((address("192.0.2.1"), &elsewhere));
    assert!(rates.admit(DOCUMENTS, Requester { client: Some(&own), from }, at(101)).is_err());
    assert_eq!(
        admitted(&mut rates, DOCUMENTS, Requester::client(&client(2)), 101, 300),
        10,
        "another client"
    );
    assert_eq!(admitted(&mut rates, OBJECTS, Requester::client(&own), 101, 400), 300, "another purpose");
    assert_eq!(admitted(&mut rates, DOCUMENTS, Requester::client(&own), 160, 300), 10, "another minute");
}

#[test]
fn one_address_does_not_use_up_what_its_network_has() {
    let (mut rates, place) = (Rates::default(), network("192.0.2.1"));
    let from = |text: &str| Requester { client: None, from: Some((address(text), &place)) };
    assert_eq!(admitted(&mut rates, DOCUMENTS, from("192.0.2.1"), 100, 300), 30);
    assert_eq!(admitted(&mut rates, DOCUMENTS, from("192.0.2.2"), 100, 300), 10);
    assert_eq!(admitted(&mut rates, DOCUMENTS, from("192.0.2.3"), 100, 300), 0);
    let other = network("198.51.100.1");
    let other = Requester { client: None, from: Some((address("198.51.100.1"), &other)) };
    assert_eq!(admitted(&mut rates, DOCUMENTS, other, 100, 300), 30);
}

#[test]
fn what_is_refused_counts_nowhere() {
    let (mut rates, place, own) = (Rates::default(), network("192.0.2.1"), client(1));
    let from = Some((address("192.0.2.1"), &place));
    assert_eq!(admitted(&mut rates, DOCUMENTS, Requester { client: Some(&own), from }, 100, 300), 10);
    assert_eq!(admitted(&mut rates, DOCUMENTS, Requester { client: None, from }, 100, 300), 20);
}

#[test]
fn a_client_of_the_operator_is_not_refused_for_what_strangers_do_in_its_name() {
    let (mut rates, own) = (Rates::default(), ClientId::new("app"));
    let asker = Requester::client(&own);
    assert_eq!(asker.named_by(), UrlOrigin::Operator);
    for purpose in [FetchPurpose::Keys, FetchPurpose::RequestObject] {
        assert_eq!(admitted(&mut rates, purpose, asker, 100, 1000), 1000);
    }
}

#[test]
fn a_client_that_registered_itself_or_is_about_to_is_a_stranger() {
    assert_eq!(Requester::client(&client(1)).named_by(), UrlOrigin::Stranger);
    assert_eq!(Requester::NOBODY.named_by(), UrlOrigin::Stranger);
}

#[test]
fn notices_are_not_counted() {
    let (mut rates, own) = (Rates::default(), client(1));
    assert_eq!(admitted(&mut rates, FetchPurpose::Notice, Requester::client(&own), 100, 5000), 5000);
    assert!(rates.clients.0.is_empty());
}

#[test]
fn the_number_of_counters_is_bounded() {
    let mut rates = Rates::default();
    for number in 0..3 * MOST {
        let own = client(number.try_into().unwrap());
        rates.admit(DOCUMENTS, Requester::client(&own), at(100)).unwrap();
        assert!(rates.clients.0.len() <= MOST);
    }
    // Ended windows are dropped first.
    let (late, last) = (client(u128::MAX - 1), client(u128::MAX));
    assert_eq!(admitted(&mut rates, DOCUMENTS, Requester::client(&late), 159, 300), 10);
    for number in 0..MOST {
        let own = client((10 * MOST + number).try_into().unwrap());
        rates.admit(DOCUMENTS, Requester::client(&own), at(160)).unwrap();
    }
    rates.admit(DOCUMENTS, Requester::client(&last), at(160)).unwrap();
    assert!(rates.clients.0.len() <= MOST);
    assert_eq!(
        admitted(&mut rates, DOCUMENTS, Requester::client(&last), 160, 300),
        9,
        "the newest is still known"
    );
}
