//! Faults as people name them: `random`, `random:2,5`, `kill=1%,duplicates=20%`, `rollback:router.route#2=throttle for 1h`.

use serde_json::{Value, json};
use tidegate_domain::effect::Owner;
use tidegate_domain::policy::{Fault, Faults};
use tidegate_domain::units::Span;

use super::{Mix, Strand};
use crate::faults::{Aim, Call, Chances, Harm};
use crate::scenario::{Action, Happening, Scenario};

/// Which faults somebody wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// All that the seed draws: `random`.
    Random,
    /// Those of them with these numbers: `random:2,5`.
    Some(Vec<usize>),
    /// These.
    Stated(Mix),
}

impl Wanted {
    /// Reads the words; every part that names no fault is told.
    pub fn read(text: &str) -> Result<Self, Faults> {
        if text == "random" {
            return Ok(Self::Random);
        }
        let mut faults = Vec::new();
        let mut note = |part: &str, problem: String| faults.push(Fault { path: part.to_owned(), problem });
        let wanted = if let Some(numbers) = text.strip_prefix("random:") {
            let mut some = Vec::new();
            for part in numbers.split(',').map(str::trim) {
                match part.parse() {
                    Ok(number) if number > 0 => some.push(number),
                    Ok(_) | Err(_) => {
                        note(part, "is no number of a fault; write them like random:2,5".to_owned());
                    }
                }
            }
            Self::Some(some)
        } else {
            let mut strands = Vec::new();
            for part in text.split(',').map(str::trim) {
                match strand(part) {
                    Ok(strand) => strands.push(strand),
                    Err(problem) => note(part, problem),
                }
            }
            Self::Stated(Mix(strands))
        };
        if faults.is_empty() { Ok(wanted) } else { Err(Faults(faults)) }
    }

    /// The mix that is wanted in this world under this seed.
    pub fn of(&self, scenario: &Scenario, seed: u64) -> Result<Mix, Faults> {
        match self {
            Self::Random => Ok(Mix::drawn(scenario, seed)),
            Self::Stated(mix) => Ok(mix.clone()),
            Self::Some(numbers) => {
                let drawn = Mix::drawn(scenario, seed);
                let unknown = numbers.iter().filter(|number| **number > drawn.0.len());
                let fault = |number: &usize| Fault {
                    path: number.to_string(),
                    problem: format!("seed {seed} draws {} faults here", drawn.0.len()),
                };
                let faults: Vec<Fault> = unknown.map(fault).collect();
                if faults.is_empty() { Ok(drawn.only(numbers)) } else { Err(Faults(faults)) }
            }
        }
    }
}

/// One fault: `kill=1%`, `staleIndex=5s`, `[function:]call[#nth]=harm[ for span]`.
fn strand(part: &str) -> Result<Strand, String> {
    let (name, value) = part.split_once('=').ok_or_else(|| {
        "is no fault; write it like kill=1% or rollback:router.route#2=throttle for 1h".to_owned()
    })?;
    if name.contains('.') { aimed(name, value) } else { chance(name, value) }
}

fn chance(name: &str, value: &str) -> Result<Strand, String> {
    let known = serde_json::to_value(Chances::default()).unwrap_or_default();
    let names: Vec<String> = known.as_object().into_iter().flat_map(|known| known.keys().cloned()).collect();
    if !names.iter().any(|known| known == name) {
        return Err(format!("nothing called {name} goes wrong by chance; known: {}", names.join(", ")));
    }
    let chances = serde_json::from_value::<Chances>(json!({ name: value }));
    chances.map_err(|error| error.to_string())?;
    Ok(Strand::Chance(name.to_owned(), value.to_owned()))
}

fn aimed(at: &str, harm: &str) -> Result<Strand, String> {
    let (function, call) = at.split_once(':').map_or((None, at), |(function, call)| (Some(function), call));
    let (call, nth) = call.split_once('#').map_or((call, Ok(1)), |(call, nth)| (call, nth.parse::<u64>()));
    let (does, lasts) = harm.split_once(" for ").map_or((harm, None), |(does, span)| (does, Some(span)));
    let aim = Aim {
        function: function.map(owner).transpose()?,
        call: Some(called(call)?),
        nth: nth.map_err(|_| "the calls are counted from 1: router.route#1".to_owned())?,
        lasts: lasts.map(str::parse::<Span>).transpose().map_err(|error| error.to_string())?,
        does: does.parse::<Harm>().map_err(|error| error.to_string())?,
    };
    Ok(Strand::Happens(vec![Happening { at: Span::ZERO, on: None, then: Action::Fault(aim) }]))
}

fn owner(name: &str) -> Result<Owner, String> {
    let known = || Owner::ALL.map(Owner::name).join(", ");
    let found = Owner::ALL.into_iter().find(|owner| owner.name() == name);
    found.ok_or_else(|| format!("no function is called {name}; known: {}", known()))
}

fn called(name: &str) -> Result<Call, String> {
    let known = || Call::ALL.iter().map(|call| call.name()).collect::<Vec<_>>().join(", ");
    let call = serde_json::from_value::<Call>(Value::from(name));
    call.map_err(|_| format!("no call is called {name}; known: {}", known()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_as_they_are_written() {
        let text = "kill=1%,staleIndex=5s,rollback:router.route#2=throttle for 1h";
        let Wanted::Stated(mix) = Wanted::read(text).unwrap() else { panic!("{text}") };
        let said: Vec<String> = mix.0.iter().map(ToString::to_string).collect();
        assert_eq!(said[..2], ["kill=1%", "staleIndex=5s"]);
        assert!(said[2].contains("call: router.route") && said[2].contains("for: 1h"), "{}", said[2]);
        assert_eq!(Wanted::read("random:2,5"), Ok(Wanted::Some(vec![2, 5])));
    }

    #[test]
    fn every_part_that_names_no_fault_is_told_with_what_would_be_right() {
        let wrong = [
            ("kil=1%", "known: "),
            ("kill=200%", "write it like 1%"),
            ("rollback:router.rout=deny", "known: store.load"),
            ("roll:router.route=deny", "known: traffic-shift"),
            ("router.route=hit", "known: kill before"),
            ("kill", "write it like kill=1%"),
        ];
        let text = wrong.map(|(part, _)| part).join(",");
        let Err(Faults(faults)) = Wanted::read(&text) else { panic!("{text}") };
        for (fault, (part, right)) in faults.iter().zip(wrong) {
            assert!(fault.path == part && fault.problem.contains(right), "{fault}");
        }
        assert_eq!(faults.len(), wrong.len());
        assert!(Wanted::read("random:0,x").is_err_and(|faults| faults.0.len() == 2));
    }
}
