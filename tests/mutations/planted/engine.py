"""Faults in how it is carried out: `shared/engine`, `shared/wire` and `functions`."""

from table import Edit, Mutation, mutation

ENGINE = "shared/engine/src"
LOOPING = f"{ENGINE}/looping.rs"
ROLLBACK = "functions/rollback/src/lib.rs"
NOTIFY = "functions/notify/src/lib.rs"

MUTATIONS: list[Mutation] = [
    mutation(
        "a commit does not check the version",
        "who writes last wins",
        LOOPING,
        "let committed = «self.store.commit(Commit { before, next, reason, by: self.owner, dedup }).await?»;",
        """{
            let read = self.store.load(&next.id).await?;
            let mut forced = next.clone();
            forced.version = read.as_ref().map_or(1, |read| read.version + 1);
            self.store.commit(Commit { before: read.as_ref(), next: &forced, reason, by: self.owner, dedup }).await?
        }""",
    ),
    mutation(
        "who loses the race acts all the same",
        "a conflict is taken for a commit",
        LOOPING,
        "match «self.commit(Some(&rollout), &next, &reason, dedup.as_deref()).await?» {",
        "{ self.commit(Some(&rollout), &next, &reason, dedup.as_deref()).await?; Committed::Done }",
    ),
    mutation(
        "act before commit",
        "effects are performed, then written down",
        LOOPING,
        "match «self.commit(Some(&rollout), &next, &reason, dedup.as_deref()).await?» {",
        "{ self.carry_out(next.as_ref().clone()).await?; self.commit(Some(&rollout), &next, &reason, dedup.as_deref()).await? }",
    ),
    mutation(
        "no dedup key",
        "the same event twice is acted upon twice",
        LOOPING,
        "let dedup = «event.map(|event| format!(\"{event}:{id}\"))»;",
        "{ let _ = event; None::<String> }",
    ),
    mutation(
        "no lock",
        "nobody takes a target's lock, and two rollouts may have it",
        f"{ENGINE}/ports/store.rs",
        "(false, true) => «LockChange::Take»,",
        "LockChange::Keep",
    ),
    mutation(
        "the lock is never released",
        "the next rollout of a target waits for ever",
        f"{ENGINE}/ports/store.rs",
        "(true, false) => «LockChange::Release»,",
        "LockChange::Keep",
    ),
    mutation(
        "the fence is read when performing",
        "a function that slept through a rollback pushes the weight up again",
        f"{ENGINE}/routing.rs",
        "Ok(router) => «router.route(target, wish, fence).await.map(|_| router)»,",
        "{ let fresh = router.observe(target).await?.fence; router.route(target, wish, &fresh).await.map(|_| router) }",
    ),
    mutation(
        "what was written is not read back",
        "a write is taken for proof",
        f"{ENGINE}/routing.rs",
        "let found = «router.observe(target).await?»;",
        "tidegate_domain::target::Observed { routing: wish.clone(), fence: Fence(format!(\"after {}\", fence.0)) }",
    ),
    mutation(
        "what is pending is not handed out again",
        "an effect that a crash left behind stays undone",
        f"{ENGINE}/sweep/mod.rs",
        "let pending = «messages_for(rollout, rollout.pending.iter())»;",
        "Vec::<Message>::new()",
        Edit("shared/domain/src/attention.rs", "Owner::ALL.into_iter().filter(|owner| «pending(*owner)» ||", "false"),
    ),
    mutation(
        "the sweep stops at the first faulty rollout",
        "one document that cannot be read leaves all others unjudged",
        f"{ENGINE}/sweep/mod.rs",
        "«seen.extend(troubles.unless(id, saw).flatten())»;",
        "seen.extend(saw?)",
    ),
    mutation(
        "a way back that fails with a fault stays silent",
        "people are told only by a try that comes through",
        LOOPING,
        "«self.tell_if_overdue(&id, fault).await?»;",
        "{ let _ = fault; }",
    ),
    mutation(
        "what cannot be read is not paged",
        "it is kept in the quarantine in silence",
        f"{ENGINE}/door.rs",
        "«self.bus.publish(&[Message::RolloutOutcome(RolloutOutcome { outcome })]).await»\n    }\n\n    /// Keeps an event",
        "{ let _ = outcome; Ok(()) }",
    ),
    mutation(
        "what a newer release wrote is dropped",
        "members that this release does not know are not written back",
        "shared/wire/src/document.rs",
        "document.keep(«Kept::of(stored, known)»);",
        "{ let _ = (stored, known); Kept::default() }",
    ),
    mutation(
        "a deployment is not looked for before it is started",
        "a crash after the start leads to a second deployment",
        "functions/traffic-shift/src/lib.rs",
        "match «self.deployments.find(&order.group, &description, rollout.created).await» {",
        "Ok::<Option<DeploymentId>, Fault>(None)",
    ),
    mutation(
        "a freeze is not looked for before a write",
        "what was wished before it still raises the weight",
        "functions/traffic-shift/src/lib.rs",
        "    Ok(effect.clearance(rollout, «engine.store.freeze_switch().await?.freeze()»))",
        "{ let _ = engine; None }",
    ),
    mutation(
        "what a freeze held is not wished anew",
        "it is written when the freeze is over, whoever gives it up at the same moment",
        "shared/domain/src/effect.rs",
        "None if «self.is_given_up_frozen() && rollout.is_held_by_freeze()» => Clearance::Thawed,",
        "{ let _ = rollout; false }",
    ),
    mutation(
        "a taken-back alias is written under a new deployment",
        "nobody looks whether CodeDeploy moves it again",
        ROLLBACK,
        "Effect::TakeBack { .. } if «self.is_moved_by_another(rollout).await?» => Ok(None),",
        "false",
    ),
    mutation(
        "nobody is asked to make way",
        "the wish is recorded as met and the older rollout hears nothing",
        ROLLBACK,
        "«engine.handle(older, &trigger, None).await?;»",
        "{ let _ = (older, trigger); }",
    ),
    mutation(
        "a lost write is recorded as fact",
        "a fence that was lost counts as written",
        f"{ENGINE}/routing.rs",
        "if «found.routing.sends_as(wish)» {",
        "true",
    ),
    mutation(
        "no claim before a message",
        "every delivery of an outcome sends it",
        NOTIFY,
        "match «self.store.claim(id, now, LEASE.after(now)).await?» {",
        "Claim::Won",
    ),
    mutation(
        "an outcome is recorded before it is sent",
        "a crash in between loses the page",
        NOTIFY,
        "«self.notifier.send(&notice).await?;\n                self.record(id).await?;»",
        "self.record(id).await?; self.notifier.send(&notice).await?;",
    ),
    mutation(
        "a second page with another text",
        "the message is made anew for each delivery",
        NOTIFY,
        "«self.notifier.send(&notice).await?;\n                self.record(id).await?;»",
        """self.notifier.send(&notice).await?;
        let mut other = notice.clone();
        other.message.subject = format!("{} (again)", other.message.subject);
        self.notifier.send(&other).await?;
        self.record(id).await?;""",
    ),
    mutation(
        "retries without a bound",
        "a record that fails is tried again for as long as the function runs",
        NOTIFY,
        "for _ in «1..RECORDINGS» {",
        "1..100_000",
    ),
]
