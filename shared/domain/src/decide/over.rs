//! After the end: nothing moves any more.

use crate::effect::Effect;
use crate::reason::{Ignored, Reason};
use crate::trigger::{Command, Trigger, Verb};

use super::{At, Decision};

pub(super) fn ended(at: &At<'_>, trigger: &Trigger) -> Decision {
    let over = || At::ignored(Ignored::Terminal(at.rollout.phase.name()));
    match trigger {
        Trigger::Commanded(command) => match command.verb {
            Verb::Retry | Verb::RetryFixForward if at.rollout.is_adopted() => {
                At::ignored(Ignored::NotOurDeployment)
            }
            Verb::Retry => tried_again(at, command, at.rollout.request.fix_forward),
            Verb::RetryFixForward => tried_again(at, command, true),
            Verb::Promote | Verb::PromoteFull | Verb::Pause | Verb::Resume | Verb::Abort => over(),
        },
        Trigger::Reconcile
        | Trigger::Judged(_)
        | Trigger::AlarmFired { .. }
        | Trigger::Replaced { .. }
        | Trigger::Performed { .. } => over(),
    }
}

/// The rollout stays as it is, and one with the first id that is free is to start.
fn tried_again(at: &At<'_>, command: &Command, fix_forward: bool) -> Decision {
    let id = at.rollout.next_try(at.observation.tries_taken);
    let restart = Effect::Restart { id: id.clone(), by: command.by.clone(), fix_forward };
    at.beside(Reason::Retried { id }).then(restart).done()
}
