//! Policies, as YAML and as JSON.

use tidegate_domain::policy::{Policy, json_of};
use tidegate_tests_fuzz::{Sample, samples, through};

/// What a refusal may add to the words that it repeats.
const WORDS: usize = 20_000;

fn corpus() -> Vec<Sample> {
    let with_tree = |sample: Sample| {
        let tree = json_of(&sample.text).expect("a sample is YAML");
        sample.with(tree)
    };
    samples("events/policies", &["yaml"]).into_iter().map(with_tree).collect()
}

#[test]
fn a_damaged_policy_is_read_as_what_it_says_or_refused_with_every_place() {
    through("policy", &corpus(), 2_000, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        match Policy::from_yaml(text) {
            Ok(policy) => {
                let json = serde_json::to_value(&policy).expect("a policy can be written");
                assert!(json.to_string().len() <= 2 * bytes.len() + WORDS, "it grew beyond what was written");
                assert_eq!(serde_json::from_value::<Policy>(json).expect("it reads itself"), policy);
                for guard in &policy.analysis.guards {
                    assert!(!policy.analysis.in_words(guard).is_empty());
                }
            }
            Err(faults) => {
                assert!(!faults.0.is_empty());
                for fault in &faults.0 {
                    assert!(!fault.problem.is_empty(), "{}: nothing is said of it", fault.path);
                }
                let words = faults.to_string();
                assert!(words.len() <= 64_000, "{} bytes are said of {} bytes", words.len(), bytes.len());
                assert!(!words.contains(|c: char| c.is_control() && c != '\n'), "{words:?}");
            }
        }
    });
}

/// What a policy of this text is refused with, in words that did not grow with it.
#[track_caller]
fn refused(text: &str) {
    let words = Policy::from_yaml(text).expect_err("it is no policy").to_string();
    assert!((1..64_000).contains(&words.len()), "{} bytes", words.len());
}

#[test]
fn aliases_of_aliases_do_not_unfold() {
    let aliases = |n: usize| format!("a{n}: &a{n} [{}]", vec![format!("*a{}", n - 1); 10].join(","));
    let bomb = (1..30).map(aliases).collect::<Vec<_>>().join("\n");
    refused(&format!("a0: &a0 [x, x]\n{bomb}\nversion: 1\n"));
    refused("a: &a\n  <<: *a\n");
    refused(&format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 20_000].join(",")));
}

#[test]
fn what_is_nested_without_end_is_refused_and_breaks_no_stack() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
        refused(&format!("{}{}", open.repeat(100_000), close.repeat(100_000)));
    }
    refused(&format!("name: {}x", "&a ".repeat(100_000)));
    let nested = (0..120).fold(serde_json::Value::Null, |inner, _| serde_json::json!([inner]));
    Policy::from_json(&serde_json::json!({ "version": 1, "analysis": { "metrics": nested } }))
        .expect_err("no policy");
}

#[test]
fn a_thousand_faults_are_told_as_a_few_and_how_many_more() {
    let fields = (0..1_000).map(|n| format!("wrong{n}: 1")).collect::<Vec<_>>().join("\n");
    let words = Policy::from_yaml(&fields).expect_err("no policy").to_string();
    assert!(words.lines().count() <= 51 && words.contains("more faults"), "{words}");
}
