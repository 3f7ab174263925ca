//! Whose a series is: by its name. Names are made so that they are Ids of CloudWatch queries too.
//!
//! For a metric of the policy called `latency p50`, with `_` for what is no letter or digit:
//!
//! | series | is |
//! |---|---|
//! | `latency_p50_candidate_bad`, `latency_p50_stable_bad` | its bad events (or, where fewer are worse, its events) |
//! | `candidate_total`, `stable_total` | the requests, for all metrics |
//! | `latency_p50_candidate_total`, `latency_p50_stable_total` | the requests, where this metric has others |
//!
//! Of a single version the same without `candidate_` and `stable_`: `total`, `latency_p50_bad`, `latency_p50_total`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use tidegate_domain::policy::{Metric, Policy};
use tidegate_domain::verdict::Counts;

use super::judged::judged_metrics;
use super::series::{Recorded, Series};
use super::{Found, LONGEST_MINUTES};

/// Of whom there are series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// A candidate beside a stable version.
    Both,
    /// One version by itself.
    One,
}

impl Of {
    /// What the arms are called within names.
    const fn arms(self) -> &'static [&'static str] {
        match self {
            Self::Both => &["candidate_", "stable_"],
            Self::One => &[""],
        }
    }
}

/// One arm's counts of each metric, minute by minute.
pub type Minutes = BTreeMap<Timestamp, BTreeMap<String, Counts>>;

/// What was recorded for a policy.
#[derive(Debug)]
pub struct Recording<'a> {
    /// The metrics that are judged.
    pub metrics: Vec<&'a Metric>,
    /// The arms, in the order of [`Of`]: candidate and stable, or the one.
    pub arms: Vec<Minutes>,
    /// The metrics that count the same requests as each other.
    pub sharing: BTreeSet<String>,
    /// What the reader should know.
    pub notes: Vec<String>,
}

/// A metric's name within the names of series.
fn within_names(metric: &Metric) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = metric.name.chars().map(fits).collect();
    // The Id of a query begins with a letter.
    if name.starts_with(|c: char| c.is_ascii_lowercase()) { name } else { format!("m_{name}") }
}

/// Every name that a series for this policy may have.
fn known(policy: &Policy, of: Of) -> Vec<String> {
    let metrics = policy.analysis.metrics.iter().map(within_names);
    let all: Vec<String> =
        std::iter::once(String::new()).chain(metrics.map(|name| format!("{name}_"))).collect();
    let of_metric = |prefix: &String| {
        let arms = of.arms().iter();
        let kinds = if prefix.is_empty() { &["total"][..] } else { &["bad", "total"] };
        arms.flat_map(|arm| kinds.iter().map(move |kind| format!("{prefix}{arm}{kind}"))).collect::<Vec<_>>()
    };
    all.iter().flat_map(of_metric).collect()
}

/// Gives every series its place; one that has none, and one that is missing, is a fault.
pub fn recording<'a>(
    recorded: Vec<Recorded>,
    policy: &'a Policy,
    of: Of,
    found: &mut Found,
) -> Recording<'a> {
    let named = named(recorded, policy, of, found);
    let mut notes = Vec::new();
    let has_own = |metric: &Metric| {
        let own = format!("{}_", within_names(metric));
        let arms = of.arms().iter();
        arms.flat_map(|arm| ["bad", "total"].map(|kind| format!("{own}{arm}{kind}")))
            .any(|name| named.contains_key(&name))
    };
    let metrics = judged_metrics(policy, has_own, found, &mut notes);
    let mut sharing = BTreeSet::new();
    let mut arms = vec![Minutes::new(); of.arms().len()];
    let mut more_bad = BTreeSet::new();
    for metric in metrics.iter().filter(|metric| has_own(metric)) {
        for (arm, minutes) in of.arms().iter().zip(&mut arms) {
            let own = format!("{}_{arm}", within_names(metric));
            let (own_total, bad) = (format!("{own}total"), format!("{own}bad"));
            let shared_total = format!("{arm}total");
            if !named.contains_key(&own_total) {
                sharing.insert(metric.name.clone());
            }
            let total = named.get(&own_total).or_else(|| named.get(&shared_total));
            let total = total.or_else(|| {
                found.fault(
                    format!("series {shared_total}"),
                    format!("missing, and no {own_total} stands for it"),
                )
            });
            let bad = named.get(&bad).or_else(|| found.fault(format!("series {bad}"), MISSING));
            if let (Some(total), Some(bad)) = (total, bad)
                && enter(minutes, &metric.name, total, bad)
            {
                more_bad.insert(metric.name.clone());
            }
        }
    }
    for metric in more_bad {
        notes.push(format!(
            "{metric}: where there are more bad events than requests, all requests count as bad"
        ));
    }
    let recording = Recording { metrics, arms, sharing, notes };
    if let Some((first, last)) = recording.span()
        && last.duration_since(first).as_mins() >= LONGEST_MINUTES
    {
        let problem =
            format!("from {first} to {last} is more than a year; expected the minutes of one rollout");
        found.fault::<()>("minute", problem);
    }
    recording
}

const MISSING: &str = "missing; a series without any point is recorded too, and says that there was none";

/// Enters a metric's counts. Returns whether a minute had more bad events than requests.
fn enter(minutes: &mut Minutes, metric: &str, total: &Series, bad: &Series) -> bool {
    let mut more_bad = false;
    for minute in total.keys().chain(bad.keys()) {
        let count = |series: &Series| series.get(minute).copied().unwrap_or(0);
        let counts = Counts { total: count(total), bad: count(bad) };
        more_bad |= counts.bad > counts.total;
        let counts = Counts { bad: counts.bad.min(counts.total), ..counts };
        minutes.entry(*minute).or_default().insert(metric.to_owned(), counts);
    }
    more_bad
}

fn named(recorded: Vec<Recorded>, policy: &Policy, of: Of, found: &mut Found) -> BTreeMap<String, Series> {
    let known = known(policy, of);
    let mut named = BTreeMap::new();
    for Recorded { id, label, points } in recorded {
        // A label is for people, so its capitals and spaces do not count.
        let label = label.map(|label| label.to_lowercase().replace([' ', '-'], "_"));
        let called = [Some(id.to_lowercase()), label].into_iter().flatten();
        let Some(name) = called.into_iter().find(|name| known.contains(name)) else {
            found.fault::<()>(format!("series {id}"), unknown(&id.to_lowercase(), policy, of));
            continue;
        };
        if named.insert(name.clone(), points).is_some() {
            found.fault::<()>(format!("series {id}"), format!("another series is {name} already"));
        }
    }
    named
}

/// What is said of a series without a place: a long list of names would hide the few that are wanted.
fn unknown(id: &str, policy: &Policy, of: Of) -> String {
    let other = match of {
        Of::Both => Of::One,
        Of::One => Of::Both,
    };
    if known(policy, other).iter().any(|name| name == id) {
        return match of {
            Of::Both => {
                "is of one version by itself, for --null; expected one of candidate and one of stable"
                    .to_owned()
            }
            Of::One => "is of two versions side by side; expected those of one version, or leave out --null"
                .to_owned(),
        };
    }
    let metrics: Vec<String> = policy.analysis.metrics.iter().map(within_names).collect();
    let ends: Vec<String> = of.arms().iter().map(|arm| format!("_{arm}bad (or _{arm}total)")).collect();
    let totals: Vec<String> = of.arms().iter().map(|arm| format!("{arm}total")).collect();
    format!(
        "belongs to no metric of the policy; known: {}, and {} with {}",
        totals.join(", "),
        metrics.join(", "),
        ends.join(", ")
    )
}

impl Recording<'_> {
    /// The first and the last minute of which anything was recorded.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let first = self.arms.iter().filter_map(|arm| arm.keys().next()).min()?;
        let last = self.arms.iter().filter_map(|arm| arm.keys().next_back()).max()?;
        Some((*first, *last))
    }

    /// The counts of one metric over an arm's whole recording.
    pub fn sum(&self, arm: usize, metric: &str) -> Counts {
        self.arms[arm].values().filter_map(|minute| minute.get(metric)).copied().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_is_an_id_of_a_cloudwatch_query() {
        let policy = Policy::from_yaml(
            "{ version: 1, name: shop, strategy: Canary10Percent5Minutes, analysis: { metrics: [errors: {}, latency: {},
             { name: 2nd-try rate, cloudwatch: { namespace: Shop, metric: Retries, dimensions: { V: \"{version}\" } } }] } }",
        )
        .expect("a policy");
        let names = [known(&policy, Of::Both), known(&policy, Of::One)].concat();
        assert!(
            names.contains(&"latency_p99_stable_bad".to_owned())
                && names.contains(&"m_2nd_try_rate_bad".to_owned())
        );
        for name in names {
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(fits), "{name}");
        }
    }
}
