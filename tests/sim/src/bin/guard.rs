//! Prints the table of docs/codedeploy.md: `cargo run -p tidegate-tests-sim --bin guard -- 400`.

use tidegate_domain::units::Span;
use tidegate_tests_sim::guarded::{Course, course};
use tidegate_tests_sim::scenario;

fn main() {
    let seeds: u64 = std::env::args().nth(1).and_then(|seeds| seeds.parse().ok()).unwrap_or(400);
    println!(
        "| scenario | seeds | back before the second step | minutes, median (fastest, slowest) | alarm at 1 %, 3 of 3 | told once |"
    );
    println!("|---|---|---|---|---|---|");
    for name in ["codedeploy-sam-canary", "codedeploy-sam-canary-healthy"] {
        let scenario = scenario(name);
        let courses: Vec<Course> = (0..seeds).map(|seed| course(&scenario, seed)).collect();
        println!("| {name} | {seeds} | {} |", row(&courses));
    }
}

fn row(courses: &[Course]) -> String {
    let mut times: Vec<Span> = courses.iter().filter_map(|course| course.back_after).collect();
    times.sort();
    let minutes = |span: Option<&Span>| {
        span.map_or_else(|| "–".to_owned(), |span| format!("{:.1}", f64::from(span.as_seconds()) / 60.0))
    };
    let count = |is: fn(&Course) -> bool| courses.iter().filter(|course| is(course)).count();
    format!(
        "{} | {} ({}, {}) | fires in {} | {}",
        times.len(),
        minutes(times.get(times.len() / 2)),
        minutes(times.first()),
        minutes(times.last()),
        count(|course| course.alarm),
        count(|course| course.told_once),
    )
}
