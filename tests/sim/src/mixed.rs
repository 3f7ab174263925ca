//! Worlds with faults, each drawn from a seed alone, and the short story of one that breaks an invariant.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tidegate_sim::invariants::Broken;
use tidegate_sim::mix::{self, Mix, shrunk};
use tidegate_sim::{Deploy, Scenario, Simulation, Struck};

use crate::coverage::{Coverage, Pairs};
use crate::house;

/// What a seed showed.
pub struct Seen {
    /// Which faults and decisions it reached.
    pub coverage: Coverage,
    /// The story of what does not hold, where something does not.
    pub failure: Option<String>,
}

/// The world of a seed: the name of its scenario, the scenario, and the faults in it.
///
/// # Panics
/// When a built-in scenario is faulty.
pub fn world(seed: u64) -> (&'static str, Scenario, Mix) {
    let (name, scenario) = mix::world(seed).expect("the built-in scenarios are sound");
    let mix = Mix::drawn(&scenario, seed);
    (name, scenario, mix)
}

/// Plays the worlds of these seeds on every core: what they reached together, and the stories of what does not hold.
///
/// # Panics
/// When a built-in scenario is faulty.
pub fn play_all(seeds: RangeInclusive<u64>) -> (Coverage, Vec<String>) {
    let all = Mutex::new((Coverage::default(), Vec::new()));
    on_every_core(seeds, |seed, _| {
        let played = play(seed, &house());
        let (coverage, failures) = &mut *all.lock().expect("no thread panics holding it");
        coverage.add(&played.coverage);
        failures.extend(played.failure);
    });
    all.into_inner().expect("no thread panics holding it")
}

/// The first of these seeds whose world breaks an invariant or panics, with what is wrong; where none does, what they reached.
///
/// # Panics
/// When a built-in scenario is faulty.
pub fn first_failure(seeds: u64) -> Result<Coverage, (u64, String)> {
    let all = Mutex::new((Coverage::default(), BTreeMap::new()));
    on_every_core(1..=seeds, |seed, last| {
        let played = catch_unwind(|| {
            let (_, scenario, mix) = world(seed);
            Pairs::seen_in(|| attempt(&scenario, &mix, seed, &house()))
        });
        let (coverage, failures) = &mut *all.lock().expect("no thread panics holding it");
        let failure = match played {
            Ok((pairs, (broken, _, struck))) => {
                coverage.add(&Coverage { pairs, struck });
                broken.map(|broken| broken.to_string())
            }
            Err(_) => Some("a function panics".to_owned()),
        };
        if let Some(failure) = failure {
            failures.insert(seed, failure);
            last.fetch_min(seed, Ordering::Relaxed);
        }
    });
    let (coverage, failures) = all.into_inner().expect("no thread panics holding it");
    failures.into_iter().next().map_or(Ok(coverage), Err)
}

/// Has every core play seeds from the first one on, up to the last, which whoever plays may lower.
fn on_every_core(seeds: RangeInclusive<u64>, play: impl Fn(u64, &AtomicU64) + Sync) {
    let (next, last) = (AtomicU64::new(*seeds.start()), AtomicU64::new(*seeds.end()));
    let play_rest = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > last.load(Ordering::Relaxed) {
                break;
            }
            play(seed, &last);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(play_rest);
        }
    });
}

/// Plays the world of a seed with these functions.
///
/// # Panics
/// When a built-in scenario is faulty.
pub fn play(seed: u64, house: &Deploy) -> Seen {
    let (name, scenario, mix) = world(seed);
    let attempt = |mix: &Mix| attempt(&scenario, mix, seed, house);
    let (pairs, (broken, story, struck)) = Pairs::seen_in(|| attempt(&mix));
    let failure = broken.map(|broken| {
        let still = |less: &Mix| attempt(less).0.is_some_and(|other| other.invariant == broken.invariant);
        told(name, &mix, seed, &shrunk(&mix, still), &story)
    });
    Seen { coverage: Coverage { pairs, struck }, failure }
}

/// Plays a world; what was broken, with its story, and which faults struck.
fn attempt(scenario: &Scenario, mix: &Mix, seed: u64, house: &Deploy) -> (Option<Broken>, String, Struck) {
    let mut simulation =
        Simulation::new(mix.within(scenario), seed, house.clone()).expect("a mix leaves a scenario sound");
    let broken = simulation.run_checked().err();
    let view = simulation.view();
    let story = broken.as_ref().map(|broken| broken.story(&view)).unwrap_or_default();
    (broken, story, view.struck().clone())
}

fn told(name: &str, mix: &Mix, seed: u64, kept: &[usize], story: &str) -> String {
    let mut text = format!("seed {seed}, scenario {name}: {story}");
    let numbers = kept.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let _ = writeln!(text, "  of {} faults these are enough:", mix.0.len());
    for (strand, number) in mix.0.iter().zip(1..).filter(|(_, number)| kept.contains(number)) {
        let _ = writeln!(text, "  {number:>4}  {strand}");
    }
    let faults = if kept.is_empty() { "kill=0%".to_owned() } else { format!("random:{numbers}") };
    let _ = writeln!(text, "  again: tidegate simulate --seed {seed} --faults {faults}");
    text
}
