//! The golden vectors, computed elsewhere with 50 digits. Each is met tick by tick: a prefix of the ticks must give
//! the evidence of that tick.

use serde_json::Value;

use crate::combine::{cap, combined, rejected};
use crate::dispersion::{PHI_0, dispersion};
use crate::effort::Effort;
use crate::fast::Fast;
use crate::input::{Counts, Harm, Kind, Metric, SplitTick, Tick};
use crate::kernel::{Arms, Grid, Kernel, arms};
use crate::pass::log_e_pass;
use crate::preset::{Preset, Thresholds};
use crate::split::log_e_split;
use crate::trace::{TickEvidence, trace};

/// How near a value must come, relative to its size.
const TOLERANCE: f64 = 1e-12;

fn vector(name: &str) -> Value {
    let vectors: Value = serde_json::from_str(include_str!("../vectors.json")).expect("vectors.json is JSON");
    vectors[name].clone()
}

fn number(value: &Value) -> f64 {
    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    text.parse().unwrap_or_else(|_| panic!("{text} is not a number"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}

fn counts_of(value: &Value) -> Vec<Vec<u64>> {
    let rows = value.as_array().expect("a list of rows");
    rows.iter().map(|row| row.as_array().expect("a row").iter().filter_map(Value::as_u64).collect()).collect()
}

fn ticks(vector: &Value) -> Vec<Tick> {
    let tick = |row: Vec<u64>| Tick {
        candidate: Counts { total: row[0], bad: row[2] },
        stable: Counts { total: row[1], bad: row[3] },
    };
    counts_of(&vector["ticks"]).into_iter().map(tick).collect()
}

fn arms_in(vector: &Value) -> Vec<Arms> {
    arms(&ticks(vector), Harm::Increase)
}

#[track_caller]
fn assert_near(got: f64, wanted: f64) {
    assert!((got - wanted).abs() <= TOLERANCE * wanted.abs().max(1.0), "got {got}, wanted {wanted}");
}

/// Checks `evidence` of every prefix of the ticks.
#[track_caller]
fn assert_tick_by_tick(ticks: &[Arms], wanted: &[f64], evidence: impl Fn(&[Arms]) -> f64) {
    assert_eq!(ticks.len(), wanted.len());
    for (index, &wanted) in wanted.iter().enumerate() {
        assert_near(evidence(&ticks[..=index]), wanted);
    }
}

#[test]
fn the_grid_is_the_prior_of_g0() {
    let (grid, wanted) = (Grid::new(), vector("G0_grid"));
    for ((effect, u), weight) in grid.effects().iter().zip(numbers(&wanted["u"])).zip(numbers(&wanted["w"])) {
        assert_near(effect.u, u);
        assert_near(libm::exp(effect.ln_weight), weight);
    }
}

#[test]
fn the_plain_form_meets_g1_and_g10() {
    for name in ["G1_one_tick_plain", "G10_huge_counts"] {
        let wanted = vector(name);
        let kernel = Kernel { grid: &Grid::new(), margin: number(&wanted["r0"]), cap: f64::INFINITY };
        assert_near(kernel.plain(&arms_in(&wanted), &[1.0]), number(&wanted["log_e"]));
    }
}

#[test]
fn tempering_and_the_cap_meet_g2() {
    let wanted = vector("G2_one_tick_phi1.5_cap");
    let cap = cap(number(&wanted["alpha"]), 1.0);
    let kernel = Kernel { grid: &Grid::new(), margin: number(&wanted["r0"]), cap };
    assert_near(kernel.plain(&arms_in(&wanted), &[PHI_0]), number(&wanted["log_e"]));
}

#[test]
fn ticks_that_compare_nothing_add_nothing_as_in_g14() {
    let wanted = vector("G14_degenerate");
    let cap = cap(number(&wanted["alpha"]), 1.0);
    let kernel = Kernel { grid: &Grid::new(), margin: number(&wanted["r0"]), cap };
    assert_tick_by_tick(&arms_in(&wanted), &numbers(&wanted["log_e"]), |ticks| {
        kernel.plain(ticks, &dispersion(ticks, PHI_0))
    });
}

#[test]
fn the_slow_path_meets_g3_g4_g5_and_g15() {
    for name in ["G3_slow_path_sequence", "G4_tolerant_sequence", "G5_catastrophe_slow", "G15_late_harm"] {
        let wanted = vector(name);
        let arms = arms_in(&wanted);
        for (phi, wanted) in dispersion(&arms, PHI_0).into_iter().zip(numbers(&wanted["phi"])) {
            assert_near(phi, wanted);
        }
        let cap = cap(number(&wanted["alpha"]), 1.0);
        let kernel = Kernel { grid: &Grid::new(), margin: number(&wanted["r0"]), cap };
        assert_tick_by_tick(&arms, &numbers(&wanted["log_e"]), |ticks| {
            kernel.mixed_over_starts(ticks, &dispersion(ticks, PHI_0))
        });
    }
}

#[test]
fn the_fast_path_meets_g6() {
    for name in ["G6_catastrophe_fast", "G6b_fast_null"] {
        let wanted = vector(name);
        let (arms, grid) = (arms_in(&wanted), Grid::new());
        assert_tick_by_tick(&arms, &numbers(&wanted["log_e_ratio"]), |ticks| Fast::of(ticks, &grid).ratio);
        assert_tick_by_tick(&arms, &numbers(&wanted["log_e_floor"]), |ticks| Fast::of(ticks, &grid).floor);
        assert_tick_by_tick(&arms, &numbers(&wanted["log_e"]), |ticks| Fast::of(ticks, &grid).log_e());
    }
}

#[test]
fn pass_evidence_meets_g7() {
    for name in ["G7_pass_evidence_null", "G7b_pass_evidence_phi3", "G7c_pass_x10"] {
        let wanted = vector(name);
        let (phi_0, ratio) = (number(&wanted["phi0"]), number(&wanted["r1"]));
        let cap = cap(number(&wanted["alpha"]), 1.0);
        let arms = arms_in(&wanted);
        for (phi, wanted) in dispersion(&arms, phi_0).into_iter().zip(numbers(&wanted["phi"])) {
            assert_near(phi, wanted);
        }
        assert_tick_by_tick(&arms, &numbers(&wanted["log_e"]), |ticks| {
            log_e_pass(ticks, &dispersion(ticks, phi_0), ratio, cap, &Grid::new())
        });
    }
}

#[test]
fn the_interval_meets_g8() {
    for name in ["G8_cs_ratio", "G8b_cs_ratio_null"] {
        let wanted = vector(name);
        let got = crate::interval(&ticks(&wanted), Harm::Increase);
        assert_near(got.ratio.expect("a ratio"), number(&wanted["ratio_mh"]));
        assert_near(got.low.expect("a lower bound"), number(&wanted["lo"]));
        assert_near(got.high.expect("an upper bound"), number(&wanted["hi"]));
    }
}

#[test]
fn the_traffic_split_meets_g9() {
    for name in ["G9_srm_ok", "G9b_srm_router_stuck"] {
        let wanted = vector(name);
        let share = number(&wanted["w"]);
        let dealt = counts_of(&wanted["counts"]).into_iter();
        let split: Vec<_> = dealt.map(|row| SplitTick { share, candidate: row[0], stable: row[1] }).collect();
        for (index, log_e) in numbers(&wanted["log_e"]).into_iter().enumerate() {
            assert_near(log_e_split(&split[..=index], &Grid::new()), log_e);
        }
    }
}

#[test]
fn combining_and_naming_culprits_meet_g12() {
    let wanted = vector("G12_combine");
    let (log_es, weights) = (numbers(&wanted["log_e"]), numbers(&wanted["weights"]));
    let weighted = weights.into_iter().zip(log_es.clone());
    assert_near(combined(weighted), number(&wanted["log_e_avg"]));
    let culprits: Vec<_> =
        rejected(&log_es, number(&wanted["ebh_alpha"])).into_iter().map(Value::from).collect();
    assert_eq!(Value::from(culprits), wanted["ebh_rejected"]);
}

#[test]
fn the_traffic_needed_meets_g13() {
    let wanted = vector("G13_requests_needed");
    let effort = Effort {
        stable_rate: number(&wanted["ps"]),
        candidate_share: number(&wanted["w"]),
        ratio: number(&wanted["r_true"]),
        margin: number(&wanted["r0"]),
        alpha: number(&wanted["alpha"]),
        phi: number(&wanted["phi"]),
        log_e: number(&wanted["log_e"]),
    };
    assert_near(effort.requests().expect("a doubling can be shown"), number(&wanted["n_total"]));
}

/// The metric whose trace a vector describes.
fn metric_of(vector: &Value) -> Metric {
    let margin = vector.get("r0").map_or_else(|| Preset::Balanced.error_margin(), number);
    Metric {
        name: "errors".to_owned(),
        kind: Kind::Errors,
        harm: Harm::Increase,
        ticks: ticks(vector),
        r0: margin,
        r1: vector.get("r1").map_or_else(|| Preset::Balanced.pass_ratio(), number),
        weight: 1.0,
        step_start: 0,
        unsettled: 0,
    }
}

#[track_caller]
fn assert_traced(name: &str, field: &str, of: impl Fn(&TickEvidence) -> f64) {
    let wanted = vector(name);
    let alpha_slow = wanted.get("alpha").map_or_else(|| Preset::Balanced.thresholds().alpha_slow, number);
    let seen = trace(&metric_of(&wanted), &Thresholds { alpha_slow, ..Thresholds::BALANCED });
    let wanted = numbers(&wanted[field]);
    assert_eq!(seen.len(), wanted.len());
    for (seen, wanted) in seen.iter().zip(wanted) {
        assert_near(of(seen), wanted);
    }
}

#[test]
fn the_trace_meets_every_vector_tick_by_tick() {
    for name in ["G3_slow_path_sequence", "G4_tolerant_sequence", "G5_catastrophe_slow", "G15_late_harm"] {
        assert_traced(name, "log_e", |seen| seen.log_e);
        assert_traced(name, "phi", |seen| seen.phi);
    }
    // Nothing is compared, so the mixture over starts is no evidence either.
    assert_traced("G14_degenerate", "log_e", |seen| seen.log_e);
    for name in ["G6_catastrophe_fast", "G6b_fast_null"] {
        assert_traced(name, "log_e", |seen| seen.log_e_fast.expect("errors take the fast path"));
    }
    for name in ["G7b_pass_evidence_phi3", "G7c_pass_x10"] {
        assert_traced(name, "log_e", |seen| seen.log_e_pass);
    }
}
