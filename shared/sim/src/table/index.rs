//! The sparse index of live rollouts, which may lag behind the documents.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidegate_domain::flag::toggle::{Toggle, ToggleId};
use tidegate_domain::rollout::{Rollout, RolloutId};
use tidegate_engine::ports::Listed;

/// What the index says of one rollout since a commit.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Stands {
    since: Timestamp,
    listed: bool,
    ended: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Line {
    target: String,
    created: Timestamp,
    stands: Vec<Stands>,
}

/// Every rollout and every toggle with how it stood after each of its commits.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Index {
    rollouts: BTreeMap<RolloutId, Line>,
    toggles: BTreeMap<ToggleId, Vec<(Timestamp, bool)>>,
}

impl Index {
    /// Notes how a rollout stands after a commit at `now`.
    pub fn note(&mut self, rollout: &Rollout, now: Timestamp) {
        let line = self.rollouts.entry(rollout.id.clone());
        let line = line.or_insert_with(|| Line {
            target: rollout.target.key(),
            created: rollout.created,
            stands: Vec::new(),
        });
        line.stands.push(Stands {
            since: now,
            listed: rollout.is_listed(),
            ended: rollout.phase.is_terminal(),
        });
    }

    /// Notes whether a toggle is live after a commit at `now`.
    pub fn note_toggle(&mut self, toggle: &Toggle, now: Timestamp) {
        self.toggles.entry(toggle.id.clone()).or_default().push((now, toggle.is_live()));
    }

    /// Toggles that the index as of a moment lists.
    pub fn toggles(&self, as_of: Timestamp) -> Vec<ToggleId> {
        let stood =
            |commits: &[(Timestamp, bool)]| commits.iter().rev().find(|(since, _)| *since <= as_of).copied();
        let live = self.toggles.iter().filter(|(_, commits)| stood(commits).is_some_and(|(_, live)| live));
        live.map(|(id, _)| id.clone()).collect()
    }

    /// Rollouts that the index as of a moment lists, oldest first.
    pub fn listed(&self, as_of: Timestamp) -> Vec<Listed> {
        let listed =
            self.rollouts.iter().filter(|(_, line)| line.at(as_of).is_some_and(|stands| stands.listed));
        let mut listed: Vec<_> = listed.map(|(id, line)| (line.created, id, &line.target)).collect();
        listed.sort_unstable();
        listed.into_iter().map(|(_, id, target)| Listed { id: id.clone(), target: target.clone() }).collect()
    }

    /// Rollouts that were over as of a moment, newest first.
    pub fn ended(&self, as_of: Timestamp) -> Vec<RolloutId> {
        let ended = self.rollouts.iter().filter_map(|(id, line)| {
            let stands = line.at(as_of).filter(|stands| stands.ended)?;
            let since =
                line.stands.iter().find(|earlier| earlier.ended).map_or(stands.since, |first| first.since);
            Some((std::cmp::Reverse(since), id.clone()))
        });
        let mut ended: Vec<_> = ended.collect();
        ended.sort_unstable();
        ended.into_iter().map(|(_, id)| id).collect()
    }
}

impl Line {
    fn at(&self, moment: Timestamp) -> Option<Stands> {
        self.stands.iter().rev().find(|stands| stands.since <= moment).copied()
    }
}
