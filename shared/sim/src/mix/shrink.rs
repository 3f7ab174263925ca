//! The smallest part of a mix that still breaks what it broke.

use super::{Mix, Strand};

/// The strands, by their numbers in the mix from 1, without which it would not fail any more. Leaves out halves, then quarters,
/// then single strands, as long as what is left fails.
pub fn shrunk(mix: &Mix, mut fails: impl FnMut(&Mix) -> bool) -> Vec<usize> {
    let mut kept: Vec<usize> = (1..=mix.0.len()).collect();
    let mut size = kept.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        while from < kept.len() {
            let to = (from + size).min(kept.len());
            let less: Vec<usize> = kept[..from].iter().chain(&kept[to..]).copied().collect();
            if fails(&mix.only(&less)) {
                kept = less;
            } else {
                from = to;
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    kept
}

impl Mix {
    /// The strands of these numbers, counted from 1.
    #[must_use]
    pub fn only(&self, numbers: &[usize]) -> Self {
        let numbered = self.0.iter().zip(1..);
        let kept = numbered.filter(|(_, number)| numbers.contains(number));
        Self(kept.map(|(strand, _): (&Strand, usize)| strand.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failure_does_not_need_is_left_out() {
        let strands = (1..=11).map(|number| Strand::Chance(format!("{number}"), "1%".to_owned()));
        let mix = Mix(strands.collect());
        let has = |mix: &Mix, name: &str| mix.0.contains(&Strand::Chance(name.to_owned(), "1%".to_owned()));
        assert_eq!(shrunk(&mix, |mix| has(mix, "3") && has(mix, "10")), [3, 10]);
        assert_eq!(shrunk(&mix, |_| true), [0; 0]);
    }
}
