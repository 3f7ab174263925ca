//! What a scenario makes of the cloud: the world at its start, and each thing that happens.

mod deploying;
mod flags;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use tidegate_domain::freeze::{FreezeChange, Frozen};
use tidegate_domain::policy::{Faults as PolicyFaults, Policy};
use tidegate_domain::target::{Routing, Target, Version};
use tidegate_domain::units::Span;
use tidegate_engine::ports::PolicyRecord;
use tidegate_wire::bus::{Message, PolicyRef, RolloutCommand, RolloutRequested};
use tidegate_wire::document::RELEASE;

use crate::bus;
use crate::faults::Faults;
use crate::queue::Due;
use crate::scenario::{
    Action, Behaves, Command, FunctionPlan, Happening, MisroutePlan, Scenario, Share, SkewPlan, Start,
    TrafficPlan, VersionPlan,
};
use crate::state::State;
use crate::view::Said;
use crate::world::alarm::Threshold;
use crate::world::{
    Alarm, Astray, Behaviour, Carrier, History, LambdaFunction, Outage, Published, Traffic, World, Writer,
};

/// When every scenario starts: a Friday morning.
pub(crate) const START: Timestamp = Timestamp::constant(1_795_168_800, 0);

/// The cloud at the start of a scenario, with everything that happens in it due.
pub(crate) fn stage(scenario: &Scenario, seed: u64) -> Result<State, PolicyFaults> {
    let policy = scenario.policy()?;
    let mut world = World::new(seed, scenario.metrics);
    world.app_config = flags::staged(&scenario.app_config);
    for (name, plan) in &scenario.world {
        let (function, carrier) = (function(scenario, plan, &policy), carrier(name, plan));
        world.functions.insert(name.clone(), function);
        if let Some(deploys) = &plan.code_deploy {
            let group = deploying::group(name, plan, deploys, &policy);
            world.code_deploy.groups.insert(group.group.to_string(), group);
        }
        world.carriers.insert(carrier.target.key(), carrier);
    }
    for (name, plan) in &scenario.alarms {
        let on = scenario.function(plan.on.as_deref());
        let threshold = plan.above.zip(on).map(|(above, (name, function))| Threshold {
            carrier: function.target(name).key(),
            above: above.fraction(),
            m: plan.minutes.map_or(1, |minutes| usize::try_from(minutes.0).unwrap_or(1)),
            n: plan.minutes.map_or(1, |minutes| minutes.1),
        });
        world.alarms.insert(name.clone(), Alarm { threshold, firing: false, since: START });
    }
    let faults = Faults::by_chance(scenario.chances.clone());
    let mut state = State::new(seed, START, world, faults);
    store_policy(&mut state, &policy, &scenario.policy);
    for (index, happening) in scenario.happens.iter().enumerate() {
        // What happens at one moment happens in the order in which it is written.
        state.queue.put(happening.at.after(START), 0, Due::Happening(index));
    }
    Ok(state)
}

fn function(scenario: &Scenario, plan: &FunctionPlan, policy: &Policy) -> LambdaFunction {
    let mut function = LambdaFunction {
        tags: BTreeMap::new(),
        timeout: plan.timeout,
        versions: BTreeMap::new(),
        outages: Vec::new(),
    };
    tag(&mut function, plan, plan.tagged.then_some(policy.name.as_str()));
    for (version, behaves) in &plan.versions {
        if *version == plan.stable || behaves.published {
            function.versions.insert(version.clone(), published(scenario, version, behaves, Timestamp::MIN));
        }
    }
    function
}

fn tag(function: &mut LambdaFunction, plan: &FunctionPlan, policy: Option<&str>) {
    function.tags.clear();
    if let Some(policy) = policy {
        function.tags.insert("tidegate:policy".to_owned(), policy.to_owned());
        function.tags.insert("tidegate:alias".to_owned(), plan.alias.clone());
    }
}

fn carrier(name: &str, plan: &FunctionPlan) -> Carrier {
    Carrier {
        target: plan.target(name),
        function: name.to_owned(),
        routing: History::since_ever(Routing::all(&plan.stable)),
        traffic: History::since_ever(traffic(&plan.traffic)),
        writes: Vec::new(),
        astray: Vec::new(),
    }
}

fn traffic(plan: &TrafficPlan) -> Traffic {
    Traffic { rps: plan.rps.max(0.0), wave: plan.wave.fraction() }
}

fn published(scenario: &Scenario, version: &Version, plan: &VersionPlan, at: Timestamp) -> Published {
    let mut behaviour = Behaviour {
        errors: plan.errors.fraction(),
        throttles: plan.throttles.fraction(),
        latency: flags::latency(plan.latency),
        counts: fractions(&plan.counts),
        when_flag: None,
    };
    behaviour.when_flag = flags::when_flag(scenario, version, plan, &behaviour);
    Published {
        at,
        state: plan.state,
        role: plan.role.clone(),
        dead_letters: plan.dead_letters.clone(),
        code_sha256: format!("sha256-of-{version}"),
        behaviour: History::since_ever(behaviour),
    }
}

fn fractions(shares: &BTreeMap<String, Share>) -> BTreeMap<String, f64> {
    shares.iter().map(|(name, share)| (name.clone(), share.fraction())).collect()
}

fn store_policy(state: &mut State, policy: &Policy, written: &Value) {
    state.table.put_policy(&PolicyRecord {
        name: policy.name.clone(),
        text: format!("{written:#}"),
        json: written.clone(),
        applied: state.now,
        by: "the scenario".to_owned(),
    });
}

/// Has something of the scenario happen. The scenario was checked: what it names is there.
pub(crate) fn happen(state: &mut State, scenario: &Scenario, happening: &Happening) {
    let Some((name, plan)) = scenario.function(happening.on.as_deref()).or_else(|| {
        // What needs no function happens all the same.
        scenario.world.first_key_value().map(|(name, plan)| (name.as_str(), plan))
    }) else {
        return;
    };
    let now = state.now;
    state.struck.met(&happening.then.name());
    match &happening.then {
        Action::Publish(version) => publish(state, scenario, name, plan, version),
        Action::Deploy(deploy) => deploying::deploy(state, scenario, name, plan, deploy),
        Action::StopDeployment(stop) => deploying::stop(state, name, plan, *stop),
        Action::ContinueDeployment(wait) => deploying::go_on(state, name, plan, *wait),
        Action::Answers(answers) => deploying::answers(state, name, answers),
        Action::Start(start) => ask(state, scenario, &plan.asked(name), start),
        Action::Command(command) => say(state, command),
        Action::Freeze(plan) => {
            let because = plan.because.clone();
            switch_freeze(state, &plan.by, Frozen::On { because });
        }
        Action::Thaw(plan) => switch_freeze(state, &plan.by, Frozen::Off { because: None }),
        Action::Outage(outage) => {
            let (to, errors) = (outage.lasts.after(now), outage.errors.fraction());
            state.note(format!(
                "an outage of {name}: {} of all requests fail, for {}",
                outage.errors, outage.lasts
            ));
            with_function(state, name, |function| function.outages.push(Outage { from: now, to, errors }));
        }
        Action::Traffic(to) => {
            state.note(format!("traffic of {name}: {} requests per second", to.rps));
            with_carrier(state, name, plan, |carrier| carrier.traffic.change(now, traffic(to)));
        }
        Action::Behaves(change) => behaves(state, name, change),
        Action::Reroute(routed) => {
            state.note(format!("somebody routes {name} by hand: {routed}"));
            with_carrier(state, name, plan, |carrier| carrier.overwrite(now, Writer::Somebody, &routed.0));
        }
        Action::Misroutes(plan_of) => {
            let MisroutePlan { share, lasts } = *plan_of;
            state.note(format!("the router of {name} sends {share} to the canary, for {lasts}"));
            let astray = Astray { from: now, to: lasts.after(now), share: share.fraction() };
            with_carrier(state, name, plan, |carrier| carrier.astray.push(astray));
        }
        Action::WriteFlags(plan) => flags::write(state, scenario, plan),
        Action::DeployFlags(plan) => flags::deploy(state, scenario, plan),
        Action::StopFlags(plan) => flags::stop(state, scenario, plan),
        Action::ToggleFlag(plan) => flags::toggle(state, scenario, plan),
        Action::Alarm(switch) => state.switch_alarm(&switch.name, switch.fires),
        Action::NoSweepFor(span) => {
            state.note(format!("the schedule is silent for {span}"));
            state.no_sweep_until = span.after(now);
        }
        Action::Fault(aim) => state.faults.aim(aim.clone(), now),
        Action::Chances(chances) => state.faults.chances = chances.clone(),
        Action::Metrics(lateness) => {
            state.note(format!(
                "metrics show after {}, and are complete after {}",
                lateness.first, lateness.complete
            ));
            state.world.lateness.change(now, *lateness);
        }
        Action::Tagged(tagged) => {
            let policy = scenario.policy().map(|policy| policy.name).unwrap_or_default();
            state.note(format!("{name} {} its tag", if *tagged { "gets" } else { "loses" }));
            with_function(state, name, |function| tag(function, plan, tagged.then_some(&policy)));
        }
        Action::Policy(written) => {
            if let Ok(policy) = Policy::from_json(written) {
                state.note(format!("policy {} is applied", policy.name));
                store_policy(state, &policy, written);
            }
        }
        Action::DeletePolicy(policy) => {
            state.note(format!("policy {policy} is deleted"));
            state.table.delete_policy(policy);
        }
        Action::Skew(SkewPlan { function, by, behind }) => {
            let way = if *behind { "behind" } else { "ahead" };
            state.note(format!("the clock of {function} is {by} {way}"));
            let seconds = i64::from(by.as_seconds());
            state.skews.insert(*function, if *behind { -seconds } else { seconds });
        }
        // Functions are the cloud's own.
        Action::Update(_) => {}
        Action::Calm(_) => calm(state, scenario),
        Action::Backup(_) => state.backup = Some(Box::new(state.table.clone())),
        Action::Restore(_) => restore(state),
        Action::Spoils(id) => {
            state.note(format!("the document of {id} cannot be read any more"));
            state.table.spoil(id);
        }
        Action::Event(event) => state.put_event(event.clone()),
    }
}

/// From now on nothing goes wrong.
fn calm(state: &mut State, scenario: &Scenario) {
    let now = state.now;
    state.note("from now on nothing goes wrong");
    state.faults.cease();
    state.skews.clear();
    state.no_sweep_until = now;
    state.world.lateness.change(now, scenario.metrics);
    if state.table.freeze_switch(RELEASE).is_ok_and(|switch| switch.freeze().is_some()) {
        switch_freeze(state, "whoever froze it", Frozen::Off { because: None });
    }
    state.calm_since = Some(now);
}

/// The table is what it was at the backup; that something was written since is all that it keeps.
fn restore(state: &mut State) {
    let Some(backup) = state.backup.clone() else { return };
    state.note("the table is restored from its backup");
    let commits = state.table.commits();
    state.table = *backup;
    state.table.goes_on_after(commits);
    state.restored = Some(state.now);
}

/// Somebody asks for a rollout.
fn ask(state: &mut State, scenario: &Scenario, target: &Target, start: &Start) {
    state.note(format!("{} asks for version {} of {target}", start.by, start.version));
    let requested = RolloutRequested {
        id: start.id.clone(),
        target: Some(target.clone()),
        version: start.version.clone(),
        policy: PolicyRef::Name(scenario.policy().map(|policy| policy.name).unwrap_or_default()),
        by: start.by.clone(),
        fix_forward: start.fix_forward,
    };
    put(state, &Message::RolloutRequested(requested));
}

/// Somebody asks something of a rollout.
fn say(state: &mut State, command: &Command) {
    let Command { verb, rollout, by, why, again } = command.clone();
    state.note(format!("{by} says {verb} {rollout}"));
    state.said.push(Said { at: state.now, rollout: rollout.clone(), verb });
    put_again(state, &Message::RolloutCommand(RolloutCommand { rollout, verb, by, why }), again);
}

/// Somebody freezes the installation, or lets it go on.
fn switch_freeze(state: &mut State, by: &str, to: Frozen) {
    state.note(match &to {
        Frozen::On { because } => format!("{by} freezes the installation: {because}"),
        Frozen::Off { .. } => format!("{by} lifts the freeze"),
    });
    let change = FreezeChange { at: state.now, by: by.to_owned(), to };
    let switched = state.table.freeze_switch(RELEASE).map(|switch| switch.switched(change));
    if switched.map(|next| state.table.put_freeze_switch(&next, RELEASE)).is_err() {
        state.note("the freeze cannot be read".to_owned());
    }
}

fn put(state: &mut State, message: &Message) {
    put_again(state, message, None);
}

fn put_again(state: &mut State, message: &Message, again: Option<Span>) {
    match bus::message(message) {
        Ok(event) => state.put_event_again(event, again),
        Err(error) => state.note(format!("{} cannot be written: {error}", message.detail_type())),
    }
}

/// A version comes into the world without a word of AWS.
fn exists(state: &mut State, scenario: &Scenario, name: &str, plan: &FunctionPlan, version: &Version) {
    let Some(behaves) = plan.versions.get(version) else { return };
    let published = published(scenario, version, behaves, state.now);
    with_function(state, name, |function| drop(function.versions.insert(version.clone(), published)));
}

fn publish(state: &mut State, scenario: &Scenario, name: &str, plan: &FunctionPlan, version: &Version) {
    let Some(behaves) = plan.versions.get(version) else { return };
    let published = published(scenario, version, behaves, state.now);
    let event = bus::version_published(name, version, &published, state.now);
    state.note(format!("version {version} of {name} is published"));
    with_function(state, name, |function| drop(function.versions.insert(version.clone(), published)));
    state.put_event(event);
}

fn behaves(state: &mut State, name: &str, change: &Behaves) {
    let now = state.now;
    state.note(format!("version {} of {name} behaves differently", change.version));
    with_function(state, name, |function| {
        let Some(version) = function.versions.get_mut(&change.version) else { return };
        let mut behaviour = version.behaviour.now().clone();
        self::change(&mut behaviour, change);
        version.behaviour.change(now, behaviour);
    });
}

fn change(behaviour: &mut Behaviour, change: &Behaves) {
    if let Some(errors) = change.errors {
        behaviour.errors = errors.fraction();
    }
    if let Some(latency) = change.latency {
        behaviour.latency = flags::latency(latency);
    }
    behaviour.counts.extend(fractions(&change.counts));
}

fn with_function(state: &mut State, name: &str, change: impl FnOnce(&mut LambdaFunction)) {
    if let Some(function) = state.world.functions.get_mut(name) {
        change(function);
    }
}

fn with_carrier(state: &mut State, name: &str, plan: &FunctionPlan, change: impl FnOnce(&mut Carrier)) {
    if let Some(carrier) = state.world.carriers.get_mut(&plan.target(name).key()) {
        change(carrier);
    }
}
