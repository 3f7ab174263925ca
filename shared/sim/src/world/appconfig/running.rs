//! What moves deployments of configuration on: time, alarms, extensions, and whoever stops them.

use serde::{Deserialize, Serialize};
use tidegate_domain::flag::{FlagState, Profile, REVERTIBLE};
use tidegate_domain::units::Span;

use super::{Kind, Released, Where, id};
use crate::bus;
use crate::queue::Due;
use crate::state::State as Cloud;
use crate::world::traffic::later;

/// What is due of a deployment, by its environment and number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FlagMove {
    /// It goes on, unless something else moved it on since.
    GoesOn(Where, u64, u64),
    /// An alarm of the environment fires.
    Alarmed(Where, u64, String),
    /// It is taken back now.
    RolledBack(Where, u64),
    /// The extension is asked.
    Asks(Where, u64),
}

/// What is to be deployed.
pub(crate) struct Release<'a> {
    pub profile: &'a Profile,
    pub version: u64,
    pub strategy: Option<&'a str>,
    pub description: &'a str,
}

/// What stopping comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// It goes back, or is back already.
    Done,
    /// There is no such deployment.
    Missing,
    /// It is too late for that.
    Refused(String),
}

/// How an event calls what happened, by its detail type and its detail's type.
const fn words(state: FlagState) -> Option<(&'static str, &'static str)> {
    match state {
        FlagState::Deploying => Some(("On Deployment Step", "OnDeploymentStep")),
        FlagState::Baking => Some(("On Deployment Baking", "OnDeploymentBaking")),
        FlagState::Complete => Some(("On Deployment Complete", "OnDeploymentComplete")),
        FlagState::RolledBack => Some(("On Deployment Rollback", "OnDeploymentRolledBack")),
        FlagState::Validating | FlagState::RollingBack | FlagState::Reverted => None,
    }
}

impl Cloud {
    /// Starts a deployment; why not, where `AppConfig` refuses it as it stands. Whether the environment is free was seen before.
    pub(crate) fn release(&mut self, release: &Release<'_>) -> Result<u64, String> {
        let Release { profile, version, strategy, description } = *release;
        let app_config = &mut self.world.app_config;
        let text = app_config.text(profile, version).ok_or_else(|| format!("no version {version}"))?;
        serde_json::from_str::<serde_json::Value>(text)
            .map_err(|error| format!("version {version} is not valid: {error}"))?;
        let known = app_config.strategy(strategy);
        let strategy =
            known.ok_or_else(|| format!("no deployment strategy is called {}", strategy.unwrap_or("")))?;
        let at = Where::from(profile);
        let environment = app_config.environment_mut(&at).ok_or("no such environment")?;
        let number = environment.last_number().unwrap_or(0) + 1;
        environment.deployments.push(Released {
            state: FlagState::Deploying,
            version,
            description: description.to_owned(),
            percentage: 0.0,
            completed: None,
            strategy,
            ..Released::before(number, &profile.profile, self.now)
        });
        let guarded = environment.guard.is_some();
        let monitors = environment.monitors.clone();
        self.note(format!("AppConfig deploys version {version} of {profile}, deployment {number}"));
        self.says(&at, number, ("On Deployment Start", "OnDeploymentStart"));
        let fires = |name: &&String| self.world.alarms.get(*name).is_some_and(|alarm| alarm.firing);
        if let Some(alarm) = monitors.iter().find(fires) {
            self.put(
                later(self.now, 2_000),
                Due::AppConfig(FlagMove::Alarmed(at.clone(), number, alarm.clone())),
            );
        }
        if guarded {
            self.asks_in(&at, number, 10_000);
        }
        self.release_goes_on_in(&at, number, 1_000, 4_000);
        Ok(number)
    }

    fn release_goes_on_in(&mut self, at: &Where, number: u64, least: u64, most: u64) {
        let moment = later(self.now, self.order.between(least, most));
        let Some(released) = self.released(at, number) else { return };
        released.turn += 1;
        let due = Due::AppConfig(FlagMove::GoesOn(at.clone(), number, released.turn));
        self.put(moment, due);
    }

    fn release_goes_on_after(&mut self, at: &Where, number: u64, span: Span) {
        let ms = u64::from(span.as_seconds()) * 1_000;
        self.release_goes_on_in(at, number, ms.max(200), ms.max(1_000));
    }

    pub(super) fn asks_in(&mut self, at: &Where, number: u64, ms: u64) {
        self.put(later(self.now, ms), Due::AppConfig(FlagMove::Asks(at.clone(), number)));
    }

    pub(super) fn released(&mut self, at: &Where, number: u64) -> Option<&mut Released> {
        self.world.app_config.environment_mut(at)?.number_mut(number)
    }

    /// Something is due of a deployment.
    pub(crate) fn flags_move(&mut self, due: &FlagMove) {
        match due {
            FlagMove::GoesOn(at, number, turn) => {
                let Some(released) = self.released(at, *number).filter(|released| released.turn == *turn)
                else {
                    return;
                };
                let released = released.clone();
                self.release_goes_on(at, &released);
            }
            FlagMove::Alarmed(at, number, alarm) => {
                self.roll_flags_back(at, *number, &format!("CloudWatch alarm {alarm} is in ALARM"));
            }
            FlagMove::RolledBack(at, number) => {
                self.release_comes_to(at, *number, FlagState::RolledBack, 0.0);
            }
            FlagMove::Asks(at, number) => self.ask_extension(at, *number),
        }
    }

    fn release_goes_on(&mut self, at: &Where, released: &Released) {
        let (number, strategy) = (released.number, released.strategy);
        match (released.state, strategy.shares().get(released.steps)) {
            (FlagState::Deploying, Some(percentage)) => {
                if let Some(released) = self.released(at, number) {
                    released.steps += 1;
                }
                self.release_comes_to(at, number, FlagState::Deploying, *percentage);
                self.release_goes_on_after(at, number, strategy.interval());
            }
            (FlagState::Deploying, None) if !strategy.bake.is_zero() => {
                self.release_comes_to(at, number, FlagState::Baking, 100.0);
                self.release_goes_on_after(at, number, strategy.bake);
            }
            (FlagState::Deploying | FlagState::Baking, _) => {
                self.release_comes_to(at, number, FlagState::Complete, 100.0);
            }
            (
                FlagState::Validating
                | FlagState::Complete
                | FlagState::RollingBack
                | FlagState::RolledBack
                | FlagState::Reverted,
                _,
            ) => {}
        }
    }

    fn release_comes_to(&mut self, at: &Where, number: u64, state: FlagState, percentage: f64) {
        let now = self.now;
        let Some(environment) = self.world.app_config.environment_mut(at) else { return };
        let Some(released) = environment.number_mut(number) else { return };
        (released.state, released.percentage) = (state, percentage);
        if state == FlagState::Complete {
            released.completed = Some(now);
        }
        let profile = released.profile.clone();
        let why = released.problem.as_ref().map(|problem| format!(": {problem}")).unwrap_or_default();
        environment.serve(&profile, now);
        self.note(format!("AppConfig deployment {number} is {state:?} at {percentage} %{why}"));
        if let Some(words) = words(state) {
            self.says(at, number, words);
        }
    }

    /// A deployment that is under way is taken back, a short while later.
    pub(crate) fn roll_flags_back(&mut self, at: &Where, number: u64, problem: &str) {
        let moment = later(self.now, self.order.between(2_000, 10_000));
        let forward = |released: &&mut Released| {
            matches!(released.state, FlagState::Validating | FlagState::Deploying | FlagState::Baking)
        };
        let Some(released) = self.released(at, number).filter(forward) else { return };
        released.turn += 1;
        released.state = FlagState::RollingBack;
        released.problem = Some(problem.to_owned());
        self.note(format!("AppConfig takes deployment {number} back: {problem}"));
        self.put(moment, Due::AppConfig(FlagMove::RolledBack(at.clone(), number)));
    }

    /// Somebody stops a deployment, or reverts one that is through.
    pub(crate) fn stop_flags(&mut self, at: &Where, number: u64, problem: &str) -> Stopped {
        let now = self.now;
        let Some(environment) = self.world.app_config.environment(at) else { return Stopped::Missing };
        let Some(released) = environment.number(number) else { return Stopped::Missing };
        let newer = environment
            .deployments
            .iter()
            .find(|other| other.number > number && other.profile == released.profile);
        match released.state {
            FlagState::Validating | FlagState::Deploying | FlagState::Baking => {
                self.roll_flags_back(at, number, problem);
                Stopped::Done
            }
            FlagState::RollingBack | FlagState::RolledBack | FlagState::Reverted => Stopped::Done,
            FlagState::Complete => match (released.completed, newer) {
                (Some(completed), _) if now > REVERTIBLE.after(completed) => {
                    Stopped::Refused(format!("deployment {number} was through more than {REVERTIBLE} ago"))
                }
                (_, Some(newer)) => {
                    Stopped::Refused(format!("deployment {} is newer than {number}", newer.number))
                }
                (_, None) => {
                    if let Some(released) = self.released(at, number) {
                        released.problem = Some(problem.to_owned());
                    }
                    self.release_comes_to(at, number, FlagState::Reverted, 0.0);
                    Stopped::Done
                }
            },
        }
    }

    /// `AppConfig` looks at an environment's alarms a little later than everybody else.
    pub(crate) fn alarm_takes_flags_back(&mut self, alarm: &str) {
        let applications = self.world.app_config.applications.iter();
        let watched = applications.flat_map(|(application, found)| {
            let watches =
                found.environments.iter().filter(|(_, e)| e.monitors.iter().any(|own| own == alarm));
            watches.filter_map(|(environment, found)| {
                let (application, environment) = (application.clone(), environment.clone());
                Some((Where { application, environment }, found.under_way()?.number))
            })
        });
        for (at, number) in watched.collect::<Vec<_>>() {
            let moment = later(self.now, self.order.between(1_000, 10_000));
            self.put(moment, Due::AppConfig(FlagMove::Alarmed(at, number, alarm.to_owned())));
        }
    }

    /// An event goes out, unless it is lost: delivery is best effort.
    fn says(&mut self, at: &Where, number: u64, (detail_type, kind): (&str, &str)) {
        let none = self.faults.chances.no_flag_events;
        if self.chance.chance(none.fraction()) {
            self.struck.met("noFlagEvents");
            return self.note(format!("AppConfig says nothing of deployment {number}: {detail_type}"));
        }
        let Some(released) = self.released(at, number) else { return };
        let named = [
            ("Application", id(Kind::Application, &at.application), at.application.clone()),
            ("Environment", id(Kind::Environment, &at.environment), at.environment.clone()),
            ("ConfigurationProfile", id(Kind::Profile, &released.profile), released.profile.clone()),
        ];
        let version = released.version;
        self.put_event(bus::flags_changed(detail_type, kind, &named, number, version));
    }
}
