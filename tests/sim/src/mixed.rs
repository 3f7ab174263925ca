//! Worlds with faults, each drawn from a seed alone, and the short story of one that breaks an invariant.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
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
    let (next, all) = (AtomicU64::new(*seeds.start()), Mutex::new((Coverage::default(), Vec::new())));
    let play_rest = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > *seeds.end() {
                break;
            }
            let played = play(seed, &house());
            let (coverage, failures) = &mut *all.lock().expect("no thread panics holding it");
            coverage.add(&played.coverage);
            failures.extend(played.failure);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(play_rest);
        }
    });
    all.into_inner().expect("no thread panics holding it")
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
