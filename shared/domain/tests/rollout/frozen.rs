//! What a freeze holds, and what it does not.

use tidegate_domain::attention::{is_news, leads_forward, owners_needed};
use tidegate_domain::decide::{Decision, decide};
use tidegate_domain::effect::{Effect, EffectId, Performed};
use tidegate_domain::freeze::Freeze;
use tidegate_domain::reason::{Ignored, Reason};
use tidegate_domain::rollout::{Bake, PauseCause, Phase, PhaseName, Rollout};
use tidegate_domain::target::Fence;
use tidegate_domain::trigger::{Judged, Observation, Trigger, Verb};
use tidegate_domain::units::Weight;
use tidegate_domain::verdict::{HoldCause, Pass, Verdict};

use super::decide_table::verdicts;
use super::places;
use super::world::{
    baking, command, evidence, harm, measured, minutes, noon, observed, pending, percent, queued, seeing,
    split, stable, standing,
};

fn freeze() -> Freeze {
    Freeze { by: "ana".to_owned(), because: "the sale".to_owned(), since: noon() }
}

fn frozen(rollout: &Rollout) -> Observation {
    let routed = rollout.routed.clone().unwrap_or_else(|| observed(stable(), "f1"));
    Observation { frozen: Some(freeze()), ..seeing(Ok(routed)) }
}

fn judged(rollout: &Rollout, verdict: Verdict) -> Trigger {
    Trigger::Judged(Judged { version: rollout.version, verdict })
}

fn changed(rollout: &Rollout, trigger: &Trigger, minute: i64) -> Rollout {
    match decide(rollout, trigger, &frozen(rollout), minutes(minute)) {
        Decision::Change { next, .. } => *next,
        Decision::Keep(reason) => panic!("nothing changed: {reason}"),
    }
}

fn held() -> Reason {
    Reason::Held(HoldCause::Frozen(freeze()))
}

/// The candidate's share that is wished, where one is.
fn wished(rollout: &Rollout) -> Option<Weight> {
    let mut wishes = rollout.pending.iter().filter_map(|pending| pending.effect.wish());
    wishes.next().map(|(wish, _)| wish.weight_of(&rollout.candidate))
}

#[test]
fn no_verdict_and_no_command_raises_a_weight_while_frozen() {
    for place in places::all() {
        let rollout = &place.rollout;
        let triggers = verdicts().into_iter().map(|(_, verdict)| judged(rollout, verdict));
        let commands = Verb::ALL.map(|verb| Trigger::Commanded(command(verb)));
        for trigger in triggers.chain(commands) {
            let decision = decide(rollout, &trigger, &frozen(rollout), minutes(place.minute));
            let Decision::Change { next, .. } = decision else { continue };
            let new = next.pending.iter().filter(|pending| pending.id.version == next.version);
            let raising: Vec<_> = new.filter(|pending| pending.effect.raises()).collect();
            assert!(raising.is_empty(), "{}: {trigger:?} leads to {raising:?}", place.name);
        }
    }
}

#[test]
fn harm_an_abort_and_an_alarm_take_back_while_frozen() {
    let rollout = standing(Phase::Baking(baking(0)), split(5.0));
    let alarm = Trigger::AlarmFired { alarm: "red".to_owned() };
    let abort = Trigger::Commanded(command(Verb::Abort));
    for trigger in [judged(&rollout, Verdict::RollBack(harm())), alarm, abort] {
        let next = changed(&rollout, &trigger, 5);
        assert_eq!((next.phase.name(), wished(&next)), (PhaseName::RollingBack, Some(Weight::ZERO)));
    }
}

#[test]
fn a_pass_is_held_and_a_promote_is_answered_with_the_freeze() {
    let rollout = standing(Phase::Baking(baking(0)), split(5.0));
    let next = changed(&rollout, &judged(&rollout, Verdict::Promote(Pass::Evidence(evidence()))), 20);
    let cause = PauseCause::Hold(HoldCause::Frozen(freeze()));
    assert_eq!(next.phase, Phase::Paused { bake: baking(0), cause, since: minutes(20) });
    assert_eq!(next.reason, held());
    let promoted = decide(&next, &Trigger::Commanded(command(Verb::Promote)), &frozen(&next), minutes(21));
    assert_eq!(promoted, Decision::Keep(Ignored::Frozen(freeze()).into()));
    // Once it is over the step begins anew.
    let seen = seeing(Ok(observed(split(5.0), "f1")));
    let Decision::Change { next, reason } =
        decide(&next, &judged(&next, Verdict::Continue), &seen, minutes(90))
    else {
        panic!("it is let go")
    };
    assert_eq!((next.phase, reason), (Phase::Baking(baking(0).restarted(minutes(90))), Reason::HoldOver));
}

#[test]
fn preflight_waits_for_as_long_as_it_takes_and_begins_anew() {
    let mut rollout = queued();
    rollout.phase = Phase::Preflight { since: noon() };
    rollout.deadline = Some(minutes(60));
    let waiting = changed(&rollout, &judged(&rollout, Verdict::Ready(measured())), 5);
    assert!(waiting.waits_frozen());
    assert_eq!((waiting.deadline, &waiting.reason), (None, &held()));
    let days = minutes(5 * 24 * 60);
    assert_eq!(owners_needed(&Rollout { pending: Vec::new(), ..waiting.clone() }, None, None, days), []);
    let seen = seeing(Ok(observed(stable(), "f1")));
    let asked = decide(&waiting, &Trigger::Reconcile, &seen, days);
    assert_eq!(asked, Decision::Keep(Ignored::NothingDue.into()));
    let again = Verdict::Hold(HoldCause::Frozen(freeze()));
    assert!(!is_news(&waiting, &again) && is_news(&rollout, &again), "said once");
    assert!(is_news(&waiting, &Verdict::Continue));
    let Decision::Change { next, .. } = decide(&waiting, &judged(&waiting, Verdict::Continue), &seen, days)
    else {
        panic!("it begins anew")
    };
    assert_eq!(next.phase, Phase::Preflight { since: days });
    assert_eq!(next.deadline, Some(next.policy.deadline.after(days)));
    assert!(next.pending.iter().any(|pending| pending.effect == Effect::Measure));
}

fn unwritten(phase: Phase, routed: f64, wish: f64) -> (Rollout, Trigger) {
    let routing = if routed > 0.0 { split(routed) } else { stable() };
    let shift = Effect::Shift { wish: split(wish), fence: Fence("f1".to_owned()) };
    let rollout = pending(standing(phase, routing), shift);
    let effect = EffectId { version: 10, index: 0 };
    (rollout, Trigger::Performed { effect, result: Performed::Frozen(freeze()) })
}

#[test]
fn a_wish_that_was_not_written_is_given_up_once_no_writer_can_be_under_way() {
    let (rollout, trigger) = unwritten(Phase::Baking(Bake::entering(1)), 5.0, 25.0);
    let noted = changed(&rollout, &trigger, 5);
    assert_eq!((&noted.reason, wished(&noted)), (&held(), Some(percent(25.0))));
    let soon = decide(&noted, &trigger, &seeing(Err("not read".to_owned())), minutes(6));
    assert_eq!(soon, Decision::Keep(Ignored::Frozen(freeze()).into()));
    let given_up = changed(&noted, &trigger, 7);
    assert_eq!(wished(&given_up), None);
    let Phase::Paused { bake, .. } = &given_up.phase else { panic!("{:?}", given_up.phase) };
    assert_eq!((bake.step, bake.since), (0, Some(minutes(7))), "it stands where its traffic is");
}

#[test]
fn what_a_freeze_held_is_wished_anew_before_it_is_written_and_nobody_gives_it_up_after_that() {
    let (shifting, gives_up) = unwritten(Phase::Baking(Bake::entering(1)), 5.0, 25.0);
    let noted = changed(&shifting, &gives_up, 5);
    let thawed = Trigger::Performed { effect: noted.pending[0].id, result: Performed::Thawed };
    let anew = changed(&noted, &thawed, 8);
    assert_eq!((&anew.reason, wished(&anew)), (&Reason::HoldOver, Some(percent(25.0))));
    assert_eq!(anew.phase, noted.phase);
    assert!(noted.is_held_by_freeze() && !anew.is_held_by_freeze());
    let late = decide(&anew, &gives_up, &seeing(Err("not read".to_owned())), minutes(9));
    assert_eq!(late, Decision::Keep(Ignored::NotPending.into()));
}

#[test]
fn a_first_step_that_was_not_written_goes_back_to_preflight() {
    let (rollout, trigger) = unwritten(Phase::Baking(Bake::entering(0)), 0.0, 5.0);
    let noted = changed(&rollout, &trigger, 5);
    let given_up = changed(&noted, &trigger, 7);
    assert!(given_up.waits_frozen());
    assert_eq!(wished(&given_up), None);
}

#[test]
fn what_somebody_else_deploys_is_followed_while_frozen() {
    for place in places::shifting() {
        if place.rollout.is_adopted() && matches!(place.rollout.phase, Phase::Preflight { .. }) {
            assert!(!leads_forward(&place.rollout, &Verdict::Ready(measured())), "{}", place.name);
        }
    }
}
