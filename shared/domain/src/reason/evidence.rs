//! Evidence in words, and what will be evident: the metrics that say something with their numbers, the quiet ones by name.

use std::fmt;

use super::numbers::{amount, count, join, odds, percent, roughly, roughly_minutes, significant};
use crate::outlook::Outlook;
use crate::policy::Harm;
use crate::verdict::{Evidence, MetricEvidence};

/// How the quantiles of latency are named.
const QUANTILE_OF: &str = "latency ";

/// Where a metric is shown to be below its pass ratio: the natural logarithm of 40.
const PASSES: f64 = 3.688_879_454_113_936;

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loudest = self.metrics.iter().max_by(|a, b| a.log_e.total_cmp(&b.log_e));
        let Some(loudest) = loudest else { return f.write_str("no metric is judged") };
        let (mut loud, quiet): (Vec<&MetricEvidence>, Vec<&MetricEvidence>) =
            self.metrics.iter().partition(|metric| metric.name == loudest.name || self.is_loud(metric));
        loud.sort_by(|a, b| b.log_e.total_cmp(&a.log_e));
        let (within, unknown): (Vec<&MetricEvidence>, Vec<&MetricEvidence>) =
            quiet.into_iter().partition(|metric| metric.log_e_pass >= PASSES);
        join(f, loud, "; ")?;
        named(f, &within, "within margin")?;
        named(f, &unknown, "without a sign of harm")?;
        if self.log_e > 0.0 { write!(f, "; evidence {} to 1", odds(self.log_e)) } else { Ok(()) }
    }
}

impl Evidence {
    /// What it would take to see a doubling of the metric that takes the longest; nothing where none would show.
    pub(super) fn wants(&self) -> String {
        let is_open = |metric: &&MetricEvidence| metric.requests_needed.is_some_and(|needed| needed >= 1.0);
        let open = self.metrics.iter().filter(is_open);
        let most =
            open.max_by(|a, b| a.requests_needed.unwrap_or(0.0).total_cmp(&b.requests_needed.unwrap_or(0.0)));
        let Some(metric @ MetricEvidence { name, requests_needed: Some(requests), minutes_needed, .. }) =
            most
        else {
            return String::new();
        };
        let time = minutes_needed.map(|minutes| format!(", {} of this traffic", roughly_minutes(minutes)));
        let least = if metric.compares_with_nothing() { "at least " } else { "" };
        let more = amount(*requests);
        format!(
            "; to see a doubling of {name} takes {least}another {more} requests{}",
            time.unwrap_or_default()
        )
    }

    /// Whether a metric speaks for harm, or has nothing that could speak against it.
    fn is_loud(&self, metric: &MetricEvidence) -> bool {
        metric.log_e > 0.0 || metric.candidate.total == 0 || self.culprits.contains(&metric.name)
    }
}

impl MetricEvidence {
    /// Whether what it is compared with had no event yet: stable, or the candidate where a fall is the harm.
    fn compares_with_nothing(&self) -> bool {
        let with = match self.harm {
            Harm::Increase => self.stable,
            Harm::Decrease => self.candidate,
        };
        with.bad == 0
    }
}

impl fmt::Display for MetricEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, candidate: c, stable: s, .. } = self;
        if c.total == 0 {
            return write!(f, "{name}: no requests on the candidate");
        }
        f.write_str(name)?;
        if let Some(ratio) = self.ratio.filter(|_| c.bad + s.bad > 0) {
            let worse = match self.harm {
                Harm::Increase => "×",
                Harm::Decrease => "× fewer than",
            };
            write!(f, " {}{worse} stable", significant(ratio))?;
            self.interval(f)?;
        }
        write!(f, ", {} of {} against {} of {}", count(c.bad), count(c.total), count(s.bad), count(s.total))
    }
}

impl MetricEvidence {
    fn interval(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.low, self.high) {
            (Some(low), Some(high)) => write!(f, " ({} to {})", significant(low), significant(high)),
            (Some(low), None) => write!(f, " (at least {})", significant(low)),
            (None, Some(high)) => write!(f, " (at most {})", significant(high)),
            (None, None) => Ok(()),
        }
    }
}

/// Names in a row; the quantiles of latency say its name once, and all three of them nothing but that.
fn named(f: &mut fmt::Formatter<'_>, metrics: &[&MetricEvidence], what: &str) -> fmt::Result {
    if metrics.is_empty() {
        return Ok(());
    }
    let (quantiles, mut names): (Vec<&str>, Vec<&str>) =
        metrics.iter().map(|metric| metric.name.as_str()).partition(|name| name.starts_with(QUANTILE_OF));
    let latency = match quantiles.len() {
        3 => "latency".to_owned(),
        _ => format!(
            "latency {}",
            quantiles.iter().map(|name| &name[QUANTILE_OF.len()..]).collect::<Vec<_>>().join(", ")
        ),
    };
    if !quantiles.is_empty() {
        names.push(&latency);
    }
    write!(f, "; {} {what}", names.join(", "))
}

impl fmt::Display for Outlook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = amount(self.per_second);
        let many = if many == "1" { "1 request".to_owned() } else { format!("{many} requests") };
        let rate = percent(self.rate);
        match self.needed {
            _ if self.rate <= 0.0 => write!(
                f,
                "no request failed before, so at {many} a second only a candidate that plainly fails will show"
            ),
            Some(needed) if self.can_tell() => write!(
                f,
                "at {many} a second a doubling of {rate} errors is likely to show after {}",
                roughly(needed)
            ),
            needed => {
                let within = roughly(self.within);
                write!(
                    f,
                    "at {many} a second a doubling of {rate} errors cannot be seen within this policy's {within}"
                )?;
                let time = needed.map_or_else(|| "more than a year".to_owned(), roughly);
                write!(f, "; it would take {time}")?;
                self.weight.map_or(Ok(()), |weight| write!(f, " or {weight} from the start"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Span, Weight};
    use crate::verdict::Counts;

    fn metric(name: &str, log_e: f64, log_e_pass: f64) -> MetricEvidence {
        MetricEvidence {
            name: name.to_owned(),
            harm: Harm::Increase,
            candidate: Counts { total: 7_600, bad: 312 },
            stable: Counts { total: 7_610, bad: 76 },
            ratio: Some(4.1),
            low: Some(3.24),
            high: Some(5.3),
            log_e,
            log_e_pass,
            requests_needed: None,
            minutes_needed: None,
        }
    }

    #[test]
    fn evidence_names_the_loudest_metric_first_and_the_quiet_ones_by_name() {
        let quiet = |quantile: &str, log_e_pass| metric(&format!("latency {quantile}"), -0.5, log_e_pass);
        let evidence =
            |metrics| Evidence { log_e: f64::ln(212.0), threshold_log_e: 3.1, culprits: vec![], metrics };
        let all = vec![quiet("p50", 9.0), quiet("p90", 9.0), metric("errors", 5.0, -9.0), quiet("p99", 9.0)];
        assert_eq!(
            evidence(all).to_string(),
            "errors 4.1× stable (3.2 to 5.3), 312 of 7,600 against 76 of 7,610; latency within margin; evidence 212 to 1"
        );
        let some = vec![metric("errors", 5.0, -9.0), quiet("p50", 9.0), quiet("p99", 0.0)];
        assert_eq!(
            evidence(some).to_string(),
            "errors 4.1× stable (3.2 to 5.3), 312 of 7,600 against 76 of 7,610; latency p50 within margin; \
             latency p99 without a sign of harm; evidence 212 to 1"
        );
    }

    #[test]
    fn what_is_undecided_says_what_it_would_take() {
        let wants = |requests_needed, minutes_needed| {
            let metric = MetricEvidence { requests_needed, minutes_needed, ..metric("errors", 0.0, 0.0) };
            Evidence { metrics: vec![metric], ..Evidence::default() }.wants()
        };
        assert_eq!(
            wants(Some(118_000.0), Some(970.0)),
            "; to see a doubling of errors takes another 118,000 requests, 16 hours of this traffic"
        );
        assert_eq!(
            wants(Some(1e12), Some(1e9)),
            "; to see a doubling of errors takes another 1,000,000,000,000 requests, more than a year of this traffic"
        );
        assert_eq!([wants(Some(0.0), Some(0.0)), wants(None, None)], ["", ""]);
    }

    #[test]
    fn with_nothing_bad_to_compare_with_it_says_what_it_takes_at_the_least() {
        let wants = |harm, candidate, stable| {
            let counts = |bad| Counts { total: 1_000, bad };
            let metric = MetricEvidence {
                harm,
                candidate: counts(candidate),
                stable: counts(stable),
                requests_needed: Some(9_000.0),
                minutes_needed: Some(9.0),
                ..metric("orders", 0.0, 0.0)
            };
            Evidence { metrics: vec![metric], ..Evidence::default() }
                .wants()
                .contains("at least another 9,000")
        };
        assert!(wants(Harm::Increase, 1, 0) && !wants(Harm::Increase, 0, 1));
        assert!(wants(Harm::Decrease, 0, 1) && !wants(Harm::Decrease, 1, 0));
    }

    #[test]
    fn an_interval_without_an_end_says_so() {
        let words = |low, high| MetricEvidence { low, high, ..metric("errors", 1.0, 0.0) }.to_string();
        assert!(words(Some(2.0), None).starts_with("errors 4.1× stable (at least 2.0), 312"));
        assert!(words(None, Some(5.0)).starts_with("errors 4.1× stable (at most 5.0), 312"));
        assert!(words(None, None).starts_with("errors 4.1× stable, 312"));
    }

    #[test]
    fn an_outlook_says_what_will_show_and_what_will_not() {
        let dim = Outlook {
            per_second: 2.0,
            rate: 0.001,
            within: Span::minutes(30),
            needed: Some(Span::hours(9)),
            weight: Weight::from_percent(40.0).ok(),
        };
        assert_eq!(
            dim.to_string(),
            "at 2 requests a second a doubling of 0.1 % errors cannot be seen within this policy's 30 minutes; \
             it would take 9 hours or 40 % from the start"
        );
        let bright = Outlook { per_second: 1_000.0, needed: Some(Span::minutes(12)), ..dim.clone() };
        assert_eq!(
            bright.to_string(),
            "at 1,000 requests a second a doubling of 0.1 % errors is likely to show after 12 minutes"
        );
        let dark = Outlook { rate: 0.0, needed: None, weight: None, ..dim };
        assert_eq!(
            dark.to_string(),
            "no request failed before, so at 2 requests a second only a candidate that plainly fails will show"
        );
    }
}
