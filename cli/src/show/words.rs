//! A reason where one stands under the other.

use tidegate_domain::reason::Reason;

/// A reason, but not what the line before said.
pub fn news(reason: &Reason, before: Option<&Reason>) -> String {
    let words = reason.to_string();
    let repeated = before.map(|before| format!("; {before}"));
    repeated.and_then(|repeated| words.strip_suffix(&repeated)).unwrap_or(&words).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate_domain::verdict::Cause;

    #[test]
    fn a_cause_is_not_told_twice_in_a_row() {
        let fired = || Cause::AlarmFired { alarm: "checkout-5xx".to_owned() };
        let before = Reason::TakingBack(fired());
        assert_eq!(news(&Reason::BackOnStable(fired()), Some(&before)), "all traffic is back on stable");
        assert_eq!(news(&before, None), "alarm checkout-5xx fired");
    }
}
