//! The judge's golden vectors, computed elsewhere with 50 digits, through `tidegate judge --output json`. G0, G1, G9 and G10
//! are pieces that the command does not show by themselves; the judge's own tests hold them.

use serde_json::{Value, json};

use super::called::tidegate;

const TOLERANCE: f64 = 1e-12;

fn vector(name: &str) -> Value {
    let vectors: Value = serde_json::from_str(include_str!("../../../shared/judge/vectors.json"))
        .expect("vectors.json is JSON");
    vectors[name].clone()
}

fn number(value: &Value) -> f64 {
    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    text.parse().unwrap_or_else(|_| panic!("{text} is not a number"))
}

/// What the command says of the metrics.
fn judged(asked: &Value) -> Value {
    tidegate(&["judge", "-", "--output", "json"], &asked.to_string()).document()
}

/// The vector as somebody would write it into a file.
fn asked(vector: &Value) -> Value {
    let mut metric = json!({ "name": "errors", "ticks": vector["ticks"] });
    let mut asked = json!({});
    for field in ["r0", "r1"] {
        if let Some(value) = vector.get(field) {
            metric[field] = number(value).into();
        }
    }
    if let Some(alpha) = vector.get("alpha") {
        asked["alpha_slow"] = number(alpha).into();
    }
    asked["metrics"] = json!([metric]);
    asked
}

#[track_caller]
fn assert_near(got: &Value, wanted: f64) {
    let got = number(got);
    assert!((got - wanted).abs() <= TOLERANCE * wanted.abs().max(1.0), "got {got}, wanted {wanted}");
}

#[track_caller]
fn assert_at_every_tick(name: &str, field: &str, wanted: &str) {
    let vector = vector(name);
    let document = judged(&asked(&vector));
    let ticks = document["metrics"][0]["ticks"].as_array().expect("ticks").clone();
    let wanted = vector[wanted].as_array().expect("a value for each tick");
    assert_eq!(ticks.len(), wanted.len());
    for (tick, wanted) in ticks.iter().zip(wanted) {
        assert_near(&tick[field], number(wanted));
    }
}

#[test]
fn the_slow_path_and_its_phi_meet_the_vectors_at_every_tick() {
    for name in ["G3_slow_path_sequence", "G4_tolerant_sequence", "G5_catastrophe_slow", "G15_late_harm"] {
        assert_at_every_tick(name, "log_e", "log_e");
        assert_at_every_tick(name, "phi", "phi");
    }
    assert_at_every_tick("G14_degenerate", "log_e", "log_e");
}

#[test]
fn the_fast_path_meets_the_vectors_at_every_tick() {
    for name in ["G6_catastrophe_fast", "G6b_fast_null"] {
        let vector = vector(name);
        let asked = json!({ "metrics": [{ "name": "errors", "ticks": vector["ticks"] }] });
        let document = judged(&asked);
        for (tick, wanted) in document["metrics"][0]["ticks"]
            .as_array()
            .expect("ticks")
            .iter()
            .zip(vector["log_e"].as_array().expect("a value for each tick"))
        {
            assert_near(&tick["log_e_fast"], number(wanted));
        }
    }
}

#[test]
fn pass_evidence_meets_the_vectors_at_every_tick() {
    for name in ["G7b_pass_evidence_phi3", "G7c_pass_x10"] {
        assert_at_every_tick(name, "log_e_pass", "log_e");
    }
}

#[test]
fn the_interval_meets_the_vectors() {
    for name in ["G8_cs_ratio", "G8b_cs_ratio_null"] {
        let vector = vector(name);
        let document = judged(&asked(&vector));
        for (field, wanted) in [("ratio", "ratio_mh"), ("ratio_low", "lo"), ("ratio_high", "hi")] {
            assert_near(&document["metrics"][0][field], number(&vector[wanted]));
        }
    }
}

#[test]
fn the_first_tick_is_half_the_plain_form_and_half_no_evidence() {
    let vector = vector("G2_one_tick_phi1.5_cap");
    let document = judged(&asked(&vector));
    assert_near(&document["combined_log_e"][0], number(&vector["log_e"]).exp().midpoint(1.0).ln());
}

#[test]
fn metrics_are_combined_by_their_weights_as_in_g12() {
    let weights = vector("G12_combine")["weights"].clone();
    let weights: Vec<f64> = weights.as_array().expect("weights").iter().map(number).collect();
    let ticks = vector("G3_slow_path_sequence")["ticks"].clone();
    let metrics: Vec<Value> = ["a", "b", "c"]
        .iter()
        .zip(&weights)
        .map(|(name, weight)| json!({ "name": name, "weight": weight, "ticks": ticks }))
        .collect();
    let document = judged(&json!({ "metrics": metrics }));
    for (tick, combined) in document["combined_log_e"].as_array().expect("ticks").iter().enumerate() {
        let e = |(metric, weight): (usize, &f64)| {
            weight * number(&document["metrics"][metric]["ticks"][tick]["log_e"]).exp()
        };
        let sum: f64 = weights.iter().enumerate().map(e).sum();
        assert_near(combined, sum.ln());
    }
}

#[test]
fn the_traffic_needed_is_the_formula_of_g13() {
    // Nothing is compared, so logE is 0 and φ is 1.5; stable fails one request in a thousand, the candidate has 5 %.
    let ticks = json!([[0, 18_000, 0, 19], [1_000, 1_000, 0, 0]]);
    let document = judged(&json!({ "metrics": [{ "name": "errors", "ticks": ticks }] }));
    let wanted = number(&vector("G13_requests_needed")["n_total"]);
    assert_near(&document["metrics"][0]["requests_needed"], wanted);
}
