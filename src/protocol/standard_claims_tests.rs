use serde_json::json;

use super::*;
use crate::protocol::address::EmailAddress;
use crate::protocol::end_user::{Account, Customer, CustomerSeed};
use crate::protocol::id::{CustomerId, OrganizationId, UserId};
use crate::protocol::profile::Profile;
use crate::protocol::time::Timestamp;

fn end_user(set: &Value, said: Option<Profile>) -> EndUser {
    let account = Account {
        user: UserId::new("user_1"),
        organization: OrganizationId::new("org_demo"),
        email: EmailAddress::parse("Ana@example.com").unwrap(),
        customer: None,
        created_at: Timestamp::from_millis(0),
    };
    let claims = StandardClaims::read(set.to_string().as_bytes()).unwrap();
    let seed = CustomerSeed { id: CustomerId::new("cust_1"), number: 1 };
    let customer = said.map(|profile| Customer { profile, ..Customer::new(&seed) });
    EndUser { customer, claims, ..EndUser::new(&account) }
}

#[test]
fn oidc_core_5_1_what_an_operator_sets_is_judged() {
    let good = json!({
        "name": "Ana María", "family_name": "M", "given_name": "A", "middle_name": "B", "nickname": "Ani",
        "preferred_username": "ana", "profile": "https://a.example/ana", "picture": "https://a.example/ana.png",
        "website": "https://ana.example", "gender": "female", "birthdate": "0000-02-29",
        "zoneinfo": "Europe/Madrid", "locale": "es-ES", "updated_at": 1_700_000_000, "phone_number": "+34 600 000 000",
        "phone_number_verified": true, "address": {"street_address": "Calle 1\n2º", "country": "ES"},
    });
    assert!(StandardClaims::read(good.to_string().as_bytes()).is_ok());
    let wrong = [
        json!({"email": "x@example.com"}),
        json!({"sub": "user_2"}),
        json!({"name": ""}),
        json!({"name": 1}),
        json!({"name": "x".repeat(501)}),
        json!({"website": "javascript:alert(1)"}),
        json!({"picture": "http://a.example/p.png"}),
        json!({"birthdate": "2001-02-29"}),
        json!({"birthdate": "01-02"}),
        json!({"updated_at": "yesterday"}),
        json!({"updated_at": -1}),
        json!({"phone_number_verified": "yes"}),
        json!({"address": "Calle 1"}),
        json!({"address": {"planet": "Earth"}}),
        json!({"address": {"country": null}}),
        json!([]),
    ];
    for one in wrong {
        assert!(StandardClaims::read(one.to_string().as_bytes()).is_err(), "{one}");
    }
}

#[test]
fn what_the_customer_says_comes_over_what_the_operator_set() {
    let set =
        json!({"name": "Ana M", "given_name": "Ana", "phone_number": "+34 1", "phone_number_verified": true});
    let same = Profile { phone: Some("+34 1".to_owned()), ..Profile::default() };
    assert_eq!(of(&end_user(&set, Some(same)))["phone_number_verified"], true);
    let said = Profile {
        first_name: Some("Anita".to_owned()),
        phone: Some("+34 2".to_owned()),
        ..Profile::default()
    };
    let claims = of(&end_user(&set, Some(said)));
    assert_eq!((&claims["given_name"], &claims["name"]), (&json!("Anita"), &json!("Ana M")));
    let phone = (&claims["phone_number"], &claims["phone_number_verified"]);
    assert_eq!(phone, (&json!("+34 2"), &json!(false)), "nobody proved the new number");
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!("Ana@example.com"), &json!(true)));
}

#[test]
fn a_customer_without_a_name_to_show_has_that_of_their_parts() {
    let said = Profile {
        first_name: Some("Ana".to_owned()),
        last_name: Some("Mar".to_owned()),
        ..Profile::default()
    };
    assert_eq!(of(&end_user(&json!({}), Some(said)))["name"], "Ana Mar");
    assert!(
        !of(&end_user(&json!({"phone_number_verified": true}), None)).contains_key("phone_number_verified")
    );
}

#[test]
fn oidc_core_5_4_scopes_open_their_claims_and_no_others() {
    let set = json!({"name": "Ana", "address": {"country": "ES"}, "phone_number": "+34 1"});
    let claims = of(&end_user(&set, None));
    let names = |scope: &str, by_name: &[&str]| {
        let scope = Scope::parse(scope).unwrap();
        opened(claims.clone(), &scope, |name| by_name.contains(&name)).keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(names("openid", &[]), Vec::<String>::new());
    assert_eq!(names("openid profile", &[]), ["name"]);
    assert_eq!(names("email", &[]), ["email", "email_verified"]);
    assert_eq!(names("address phone", &[]), ["address", "phone_number", "phone_number_verified"]);
    assert_eq!(names("openid", &["email", "name"]), ["email", "name"]);
}
