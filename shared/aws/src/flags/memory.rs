//! What was looked up in this process: ids by names. A warm function asks for them again only where something is gone.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tidegate_domain::flag::Profile;
use tidegate_engine::ports::FlagPlace;

/// An answer, and whether it was used again since.
#[derive(Debug)]
struct Known<T> {
    answer: T,
    is_old: bool,
}

impl<T: Clone> Known<T> {
    fn new(answer: T) -> Self {
        Self { answer, is_old: false }
    }

    fn again(&mut self) -> T {
        self.is_old = true;
        self.answer.clone()
    }
}

/// Everything that is known.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Answers>);

#[derive(Debug, Default)]
struct Answers {
    places: HashMap<Profile, Known<FlagPlace>>,
    strategies: HashMap<String, Known<String>>,
    /// The names of profiles by the ids of application and profile. They are never forgotten.
    names: HashMap<(String, String), String>,
}

impl Memory {
    pub(super) fn place(&self, profile: &Profile) -> Option<FlagPlace> {
        self.answers().places.get_mut(profile).map(Known::again)
    }

    pub(super) fn keep_place(&self, profile: &Profile, place: &FlagPlace, name: String) {
        let mut answers = self.answers();
        answers.places.insert(profile.clone(), Known::new(place.clone()));
        answers.names.insert((place.application.clone(), place.profile.clone()), name);
    }

    /// The profile's name.
    pub(super) fn name(&self, place: &FlagPlace) -> Option<String> {
        self.answers().names.get(&(place.application.clone(), place.profile.clone())).cloned()
    }

    pub(super) fn strategy(&self, name: &str) -> Option<String> {
        self.answers().strategies.get_mut(name).map(Known::again)
    }

    pub(super) fn keep_strategy(&self, name: &str, id: String) {
        self.answers().strategies.insert(name.to_owned(), Known::new(id));
    }

    /// Forgets a place, and the strategies: a service that misses something does not always say what. Whether any of it was an
    /// old answer.
    pub(super) fn forget(&self, place: &FlagPlace) -> bool {
        let mut answers = self.answers();
        let mut is_old = answers.strategies.drain().any(|(_, known)| known.is_old);
        answers.places.retain(|_, known| {
            let is_it = known.answer == *place;
            is_old |= is_it && known.is_old;
            !is_it
        });
        is_old
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
