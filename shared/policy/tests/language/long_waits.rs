//! Calls that wait for one another are warned about where they may outlast the call.

use crate::common::*;

/// Look-ups `a` and `b`, of which `b` asks about what `a` finds, `c`, which needs nothing, and a check, with these deadlines.
fn tables([a, b, c, check]: [u32; 4]) -> String {
    let crm = |name: &str, place: &str, deadline: u32, claim: &str| {
        format!(
            "[look_ups.{name}]\nurl = \"https://x.example/{{{place}}}\"\ndeadline_ms = {deadline}\nclaims = {{ {claim} = \"/v\" }}\n"
        )
    };
    let check = format!(
        "[checks.v]\nurl = \"https://id.example/\"\noutcome = \"/s\"\npass = [\"y\"]\nfail = [\"n\"]\ndeadline_ms = {check}\n"
    );
    [
        crm("a", "displayName", a, "extension_Id"),
        crm(
            "b",
            "extension_0123456789abcdef0123456789abcdef_Id",
            b,
            "extension_Tier",
        ),
        crm("c", "displayName", c, "companyName"),
        "[look_ups.item]\nitem = \"i\"\nkey = \"{extension_Id}\"\nclaims = { jobTitle = \"/t\" }\n".to_owned(),
        check,
    ]
    .concat()
}

/// What is said about rules that ask these, one behind the other.
fn said(deadlines: [u32; 4], rules: &[&str]) -> Vec<String> {
    let rules: String = rules
        .iter()
        .enumerate()
        .map(|(at, rule)| named(&format!("rule {at}"), rule))
        .collect();
    let policy = policy(&format!("{}{rules}", tables(deadlines)));
    let waits = |what: &&str| what.contains("[long-wait]");
    policy
        .warnings()
        .iter()
        .map(|warning| warning.what.as_str())
        .filter(waits)
        .map(str::to_owned)
        .collect()
}

const A: &str = "look_up = \"a\"";
const B: &str = "look_up = \"b\"";
const C: &str = "look_up = \"c\"";
const CHECK: &str = "verify = \"v\"";

#[test]
fn look_ups_that_wait_for_one_another_add_up() {
    assert_eq!(said([700, 600, 1400, 1], &[A, B, C]), [""; 0]);
    let told = said([700, 601, 1400, 1], &[A, B, C]);
    assert!(
        told.len() == 1 && told[0].contains("`rule 1`") && told[0].contains("2 calls") && told[0].contains("1301 ms")
    );
    // The other way round `b` reads what came; side by side the longest counts.
    assert_eq!(said([1300, 1300, 1300, 1], &[B, A, C]), [""; 0]);
    // The call itself takes no more than its deadline.
    assert_eq!(said([1400, 1, 1, 1], &[A]), [""; 0]);
}

#[test]
fn what_passes_a_claim_on_or_asks_the_store_waits_too() {
    let copy = "set = { claim = \"displayName\", copy = \"extension_Id\" }";
    assert_eq!(said([1000, 1, 301, 1], &[A, copy, C]).len(), 1);
    assert_eq!(said([1000, 1, 301, 1], &[A, C]).len(), 0);
    let when = "when = { claim = \"extension_Id\", present = true }\nlook_up = \"c\"";
    assert_eq!(said([1000, 1, 301, 1], &[A, when]).len(), 1);
    assert_eq!(said([1400, 1, 1, 1], &[A, "look_up = \"item\""]).len(), 0);
}

#[test]
fn a_check_waits_for_every_call_before_it() {
    assert_eq!(said([1, 1, 700, 601], &[C, CHECK]).len(), 1);
    assert_eq!(said([1, 1, 700, 601], &[CHECK, C]).len(), 0);
    assert_eq!(said([1, 1, 700, 600], &[C, CHECK]).len(), 0);
    let second = CHECK.to_owned() + "\nwhen = { claim = \"city\", is = \"x\" }";
    assert_eq!(said([1, 1, 1, 651], &[CHECK, &second]).len(), 1);
    // One that only observes makes no check.
    let observed = CHECK.to_owned() + "\nmode = \"observe\"";
    assert_eq!(said([1, 1, 1400, 1400], &[C, &observed]).len(), 0);
    let observed = A.to_owned() + "\nmode = \"observe\"";
    assert_eq!(said([1000, 1000, 1, 1000], &[&observed, B]).len(), 0);
}

#[test]
fn a_rule_accepts_that_it_waits_long_and_the_first_alone_is_told() {
    let accepts = format!("{B}\naccept_warnings = [\"long-wait\"]");
    assert_eq!(said([1000, 1000, 1, 1], &[A, &accepts]), [""; 0]);
    assert_eq!(said([1000, 1000, 1, 1000], &[A, B, CHECK]).len(), 1);
}
