//! Damaged samples through every door that takes bytes.
//!
//! [`through`] takes samples of a kind, damages each case in a way that its number alone decides, and hands it to a check. The same
//! number is the same bytes on every machine, so a case that fails is replayed by its number. `FUZZ_TIMES=100` tries a hundred times
//! as many cases; `FUZZ_FROM=N` begins with case N.

mod mutate;
mod pool;
mod sample;

use std::fs;
use std::path::{Path, PathBuf};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub use sample::{Sample, samples};

/// Hands so many damaged samples to a check, more where `FUZZ_TIMES` says so.
///
/// # Panics
/// When the check does: the case's number is told, and its bytes are kept in `target/fuzz`; with `FUZZ_TIMES` before each check, so
/// that they are there after an abort too, or when it hangs.
pub fn through(door: &str, samples: &[Sample], cases: u64, check: impl Fn(&[u8])) {
    assert!(!samples.is_empty(), "{door}: no samples");
    let file = last_case(door);
    let from = setting("FUZZ_FROM", 0);
    let times = setting("FUZZ_TIMES", 1);
    for case in from..from + cases * times {
        let bytes = mutate::mutated(samples, &mut ChaCha8Rng::seed_from_u64(case));
        let told = Told { door, case, file: &file, bytes: &bytes };
        if times > 1 {
            told.keep();
        }
        check(&bytes);
        drop(told);
    }
}

/// Says which case it was when the check panics.
struct Told<'a> {
    door: &'a str,
    case: u64,
    file: &'a Path,
    bytes: &'a [u8],
}

impl Told<'_> {
    fn keep(&self) {
        fs::write(self.file, self.bytes).expect("target/fuzz can be written");
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.keep();
            let Self { door, case, file, .. } = self;
            eprintln!("{door}: case {case}, kept in {}; replay it with FUZZ_FROM={case}", file.display());
        }
    }
}

fn last_case(door: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from);
    let folder = target.join("fuzz");
    fs::create_dir_all(&folder).expect("target/fuzz can be made");
    folder.join(door.replace(' ', "-"))
}

fn setting(name: &str, usual: u64) -> u64 {
    let Some(stated) = std::env::var_os(name) else { return usual };
    let number = stated.to_str().and_then(|stated| stated.parse().ok());
    number.unwrap_or_else(|| panic!("{name}={}: expected a whole number", stated.display()))
}
