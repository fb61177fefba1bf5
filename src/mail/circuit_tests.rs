use super::*;

const START: Timestamp = Timestamp::from_secs(1_000);

fn open() -> Circuit {
    let mut circuit = Circuit::new();
    assert_eq!([(); 3].map(|()| circuit.away(START)), [false, false, true]);
    circuit
}

fn at(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

#[test]
fn three_failures_in_a_row_open_the_circuit() {
    let circuit = open();
    assert_eq!(circuit.state(), CircuitState::Open);
    assert_eq!(circuit.probe_at(), Some(at(1)));
}

#[test]
fn an_answer_between_failures_keeps_the_circuit_closed() {
    let mut circuit = Circuit::new();
    for _ in 0..5 {
        assert!(!circuit.away(START));
        assert!(!circuit.away(START));
        assert!(!circuit.answered());
    }
    assert_eq!(circuit.state(), CircuitState::Closed);
    assert_eq!(circuit.retry_after(START), None);
    assert_eq!(circuit.probe_at(), None);
}

#[test]
fn one_probe_runs_at_a_time_and_not_before_it_is_due() {
    let mut circuit = open();
    assert!(!circuit.begin_probe(START));
    assert!(circuit.begin_probe(at(1)));
    assert_eq!(circuit.state(), CircuitState::HalfOpen);
    assert_eq!(circuit.probe_at(), None);
    assert!(!circuit.begin_probe(at(9)));
}

#[test]
fn failed_probes_come_ever_more_seldom() {
    let mut circuit = open();
    let mut now = at(1);
    for wait in [2, 5, 10, 20, 20] {
        assert!(circuit.begin_probe(now));
        circuit.probe_failed(CircuitReason::Away, now);
        let next = now.plus(Duration::from_secs(wait));
        assert_eq!(circuit.probe_at(), Some(next));
        now = next;
    }
}

#[test]
fn a_good_probe_closes_the_circuit_and_the_count_starts_anew() {
    let mut circuit = open();
    assert!(circuit.begin_probe(at(1)));
    assert!(circuit.answered());
    assert_eq!(circuit, Circuit::new());
}

#[test]
fn late_results_change_an_open_circuit_only_when_the_relay_answered() {
    let mut circuit = open();
    let before = circuit;
    assert!(!circuit.away(at(5)));
    circuit.probe_failed(CircuitReason::Away, at(5));
    assert_eq!(circuit, before, "no probe was made");
    assert!(circuit.begin_probe(at(5)));
    let before = circuit;
    assert!(!circuit.away(at(6)));
    assert_eq!(circuit, before);
    let mut closed = Circuit::new();
    closed.probe_failed(CircuitReason::Away, START);
    assert_eq!(closed, Circuit::new());
    assert!(open().answered(), "a mail that was on its way got through");
}

#[test]
fn callers_are_told_when_the_next_probe_is_and_never_at_once() {
    let mut circuit = open();
    assert_eq!(circuit.retry_after(START), Some(Duration::from_secs(1)));
    assert_eq!(circuit.retry_after(at(60)), Some(Duration::from_secs(1)));
    assert!(circuit.begin_probe(at(1)));
    assert_eq!(circuit.retry_after(at(1)), Some(Duration::from_secs(1)));
    circuit.probe_failed(CircuitReason::Away, at(1));
    assert_eq!(circuit.retry_after(at(1)), Some(Duration::from_secs(2)));
}

#[test]
fn one_domain_without_an_answer_opens_nothing_and_several_do() {
    let mut circuit = Circuit::new();
    for _ in 0..10 {
        assert!(!circuit.stalled(1, START), "one bad domain is not the relay's fault");
    }
    assert!(!circuit.stalled(2, START));
    assert!(!circuit.stalled(1, START) && !circuit.stalled(2, START));
    assert!(circuit.stalled(3, START));
    assert_eq!(circuit.reason(), Some(CircuitReason::Away));
    assert!(!circuit.stalled(4, START), "a straggler");
}

#[test]
fn an_answer_forgets_the_domains_that_got_none() {
    let mut circuit = Circuit::new();
    for domain in 0..9 {
        assert!(!circuit.stalled(domain, START));
        if domain % 2 == 1 {
            assert!(!circuit.answered());
        }
    }
}

#[test]
fn refused_credentials_open_the_circuit_at_once_with_their_reason() {
    let mut circuit = Circuit::new();
    assert!(circuit.refused(START));
    assert_eq!(circuit.reason(), Some(CircuitReason::CredentialsRefused));
    assert!(!circuit.refused(START));
    assert!(circuit.begin_probe(at(1)));
    assert_eq!(circuit.reason(), Some(CircuitReason::CredentialsRefused));
    circuit.probe_failed(CircuitReason::Away, at(1));
    assert_eq!(circuit.reason(), Some(CircuitReason::Away), "now it cannot be reached");
    assert!(circuit.answered());
    assert_eq!(circuit.reason(), None);
}
