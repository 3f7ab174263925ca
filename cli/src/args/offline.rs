//! The command line of what works on recorded counts.

use std::path::PathBuf;

use clap::Args;

/// `tidegate judge`.
#[derive(Debug, Args)]
pub struct Judge {
    /// The file of ticks, JSON or CSV with a header; `-` reads standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Judges by the margins, levels, weights, guards and steps of this policy. Metrics are matched by name.
    #[arg(long, value_name = "POLICY")]
    pub policy: Option<PathBuf>,
}

/// What `judge` reads and takes for granted.
pub(super) const JUDGE_HELP: &str = r#"The file, as JSON; only name and ticks are needed, the rest is shown with its default:

  {"alpha_slow": 0.045, "alpha_fast": 0.005,
   "metrics": [{"name": "errors", "kind": "errors", "harm": "increase", "r0": 1.1, "r1": 1.5, "weight": 1.0,
                "ticks": [[n_c, n_s, x_c, x_s], ...]}],
   "guards": [{"metric": "errors", "above": 0.05, "m": 3, "n": 3}]}

A tick is a minute: requests of candidate and stable, and the bad ones among them. Every metric has a tick for the same
minutes, [0, 0, 0, 0] where nothing was measured. Weights sum to 1; where no metric states one, all weigh the same. Guards
are none by default, and 3 of 3. Only "kind": "errors" takes the fast path; the other kind is "other", which is the default
where the harm is a "decrease". No count may be a fraction, below 0, above its total, or above 2^53.

As CSV, a row for each minute of each metric, judged by the defaults or by a policy:

  metric,minute,candidate_total,stable_total,candidate_bad,stable_bad

The counts may also be called n_c,n_s,x_c,x_s. Without a column metric there is one, called errors. Without a column minute
(numbers, or times) the rows are minutes in their order; with it, a minute without a row between the first and the last had no
requests.

Offline there is no clock: the ticks are one step, all of them settled, whose time is over. So the verdict is roll back, hold
(the candidate silent for three minutes), promote or inconclusive. With a policy they are the minutes of its first step, or
of the one that "step": 2 in the file names; while they are fewer than its bake, the verdict may be continue.

With --output json, for each tick: log_e, the evidence for harm (slow path); phi, by which that tick is tempered; log_e_fast,
the smaller process of the fast path (null for a metric without one); log_e_pass, that the ratio is below r1, with φ from 3 on
and at 5 %. The log_e_pass of the metric as a whole is the one that the verdict rests on: it passes at ln 40, with 20
expected_events. Logarithms are natural. For a "decrease" the ratio is stable over candidate. The interval's ratio_low is 0
and its ratio_high null where it has no bound. Faults and fired_at_tick count ticks from 0.

The verdict is that of all ticks. A rollout would have ended with the tick at fired_at_tick, so where there is one the exit
code is 1, whatever the ticks after it say.

Exit codes: 0 promote or continue, 1 roll back, now or at fired_at_tick, 2 hold or inconclusive, 65 a faulty file."#;

/// `tidegate backtest`.
#[derive(Debug, Args)]
pub struct Backtest {
    /// The policy file, YAML or JSON.
    #[arg(long, value_name = "FILE")]
    pub policy: PathBuf,
    /// The recorded series: what aws cloudwatch get-metric-data printed, or CSV; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    pub series: PathBuf,
    /// The series are of one version: divides them by chance into candidate and stable, many times, and says how often the
    /// policy takes a version back that is as good as the other.
    #[arg(long)]
    pub null: bool,
    /// How many times.
    #[arg(long, value_name = "N", default_value_t = 1000, requires = "null", value_parser = clap::value_parser!(u32).range(1..))]
    pub times: u32,
    /// Another course of chance.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "null")]
    pub seed: u64,
}

/// What `backtest` reads and takes for granted.
pub(super) const BACKTEST_HELP: &str = r#"Each series has a count for each minute, and belongs to a metric of the policy by its name, which is its Id, its Label
or its column; for the metric "latency p50", with _ for what is no letter or digit:

  candidate_total, stable_total
      the requests, for all metrics
  latency_p50_candidate_bad, latency_p50_stable_bad
      its bad events: requests slower than a threshold, failed ones; where fewer are worse, the events themselves
  latency_p50_candidate_total, latency_p50_stable_total
      the requests, where this metric has others

With --null, of one version: total, latency_p50_bad, latency_p50_total.

As CSV, a column `minute` (2026-11-20T10:04:00Z) and one for each series. A minute without a point had none. Points may stand
in any order, and twice with the same count. All metrics of the policy must be there; latency may be left out as a whole, as it is where the stable version had
no traffic before.

Every minute is judged and decided by the code that runs on AWS. Taken for granted: a weight that is set is fact at once;
manual gates are answered as soon as they are reached; no alarm fires; minutes settle after two more; after promotion the
candidate is held against the stable version's rate over the record. The counts are those of the weights at which they were
recorded, not of those that the policy would have set. It begins with the first minute in which the candidate had requests,
with --null at a random minute where the record is longer than a rollout.

Exit codes: 0 promoted, 1 rolled back, 2 paused or still on its way when the record ends, 65 a faulty file. With --null: 1 when
more rollouts are shown to be taken back than the policy's levels allow, else 0.

How to record series, with an example: docs/backtest.md in the repository."#;
