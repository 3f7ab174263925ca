//! The numbers a policy names by one word. Every number stands here once, for the policy too; what they
//! cost and gain is measured by the benchmark.

/// The error levels of the test. Their sum bounds the chance that a harmless rollout is ever rolled back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Level of the combined evidence, between 0 and 1.
    pub alpha_slow: f64,
    /// Level of the fast path, between 0 and 1.
    pub alpha_fast: f64,
}

impl Thresholds {
    /// The default: 5 % in all.
    pub const BALANCED: Self = Self { alpha_slow: 0.045, alpha_fast: 0.005 };
    /// Fewer false rollbacks, slower: 1 % in all.
    pub const TOLERANT: Self = Self { alpha_slow: 0.009, alpha_fast: 0.001 };
}

/// Margins of the three latency counts: requests slower than the stable version's p50, p90 and p99. Each is a metric
/// of its own with a third of the weight of latency.
pub const LATENCY_MARGINS: [f64; 3] = [1.05, 1.10, 1.25];

/// A choice between speed and false rollbacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preset {
    /// Finds harm soon; at most 5 % false rollbacks.
    #[default]
    Balanced,
    /// Rolls back falsely less often, and later.
    Tolerant,
}

impl Preset {
    /// The error levels.
    pub const fn thresholds(self) -> Thresholds {
        match self {
            Self::Balanced => Thresholds::BALANCED,
            Self::Tolerant => Thresholds::TOLERANT,
        }
    }

    /// The margin ratio `r0` for errors.
    pub const fn error_margin(self) -> f64 {
        match self {
            Self::Balanced => 1.10,
            Self::Tolerant => 1.25,
        }
    }

    /// The pass ratio `r1`.
    pub const fn pass_ratio(self) -> f64 {
        match self {
            Self::Balanced | Self::Tolerant => 1.5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_presets_are_those_of_the_readme() {
        let table =
            [(Preset::Balanced, 1.10, 0.045, 0.005, 1.5), (Preset::Tolerant, 1.25, 0.009, 0.001, 1.5)];
        for (preset, r0, alpha_slow, alpha_fast, r1) in table {
            assert_eq!(preset.thresholds(), Thresholds { alpha_slow, alpha_fast }, "{preset:?}");
            let ratios = [preset.error_margin(), preset.pass_ratio()];
            assert_eq!(ratios.map(f64::to_bits), [r0, r1].map(f64::to_bits), "{preset:?}");
            let row = format!("| {r0:.2} | {alpha_slow} | {alpha_fast} | {r1} |");
            assert!(include_str!("../README.md").contains(&row), "{preset:?}: {row}");
        }
        assert_eq!(LATENCY_MARGINS.map(f64::to_bits), [1.05, 1.10, 1.25].map(f64::to_bits));
    }
}
