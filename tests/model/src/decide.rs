//! What a function decides: document, trigger and what it saw in, the next document out.

/// Which rollout: 0 is the older one, 1 the newer.
pub type Id = usize;

/// A share of the traffic, by the step that gives it; [`ALL`] is a promotion.
pub type Share = u8;

/// A version of a document, or a revision of the target. They are compared and never counted.
pub type Version = u16;

/// All traffic.
pub const ALL: Share = 3;

/// How a rollout ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// The candidate has all traffic.
    Succeeded,
    /// All traffic is back.
    RolledBack,
    /// All traffic is back, and a newer rollout begins.
    Superseded,
    /// Somebody else moved the traffic.
    TakenOver,
    /// It was called off before it had any.
    Refused,
}

/// Where a rollout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// It waits for its target.
    Queued,
    /// It has its target, and no traffic.
    Preflight,
    /// It has the share of a step, or is about to get it.
    Baking(Share),
    /// It has all traffic, or is about to get it.
    Watching,
    /// Traffic goes back; this is what is said then.
    RollingBack(End),
    /// It is over.
    Ended(End),
}

/// A phase without what it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// [`Phase::Queued`].
    Queued,
    /// [`Phase::Preflight`].
    Preflight,
    /// [`Phase::Baking`].
    Baking,
    /// [`Phase::Watching`].
    Watching,
    /// [`Phase::RollingBack`].
    RollingBack,
    /// [`Phase::Ended`].
    Ended(End),
}

/// A phase without what it carries.
pub const fn kind(phase: Phase) -> Kind {
    match phase {
        Phase::Queued => Kind::Queued,
        Phase::Preflight => Kind::Preflight,
        Phase::Baking(_) => Kind::Baking,
        Phase::Watching => Kind::Watching,
        Phase::RollingBack(_) => Kind::RollingBack,
        Phase::Ended(end) => Kind::Ended(end),
    }
}

/// A function, by what it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// traffic-shift.
    Mover,
    /// rollback.
    Returner,
    /// notify.
    Teller,
}

/// What a decision wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// Gives the candidate a share.
    Shift(Share),
    /// Takes all traffic back.
    TakeBack,
    /// Has the older rollout go out of the way.
    Supersede,
    /// Tells people of the end.
    Tell,
}

impl Effect {
    /// Who may.
    pub const fn owner(self) -> Role {
        match self {
            Self::Shift(_) => Role::Mover,
            Self::TakeBack | Self::Supersede => Role::Returner,
            Self::Tell => Role::Teller,
        }
    }

    /// Whether it writes the target.
    pub const fn is_write(self) -> bool {
        matches!(self, Self::Shift(_) | Self::TakeBack)
    }
}

/// An effect that is committed and not recorded as done. A write goes only onto the revision that was seen before the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pending {
    /// The version of the document that wants it.
    pub by: Version,
    /// What.
    pub effect: Effect,
    /// The revision.
    pub fence: Version,
}

/// The stored document of a rollout.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Doc {
    /// Counts its commits.
    pub version: Version,
    /// Where it stands.
    pub phase: Phase,
    /// What is wanted and not recorded as done.
    pub pending: Vec<Pending>,
    /// Who had the traffic before: 0, or the older rollout's candidate.
    pub base: u8,
    /// The revision on which the way back was written.
    pub written_on: Option<Version>,
    /// Whether it is noted that a freeze holds what is pending.
    pub held: bool,
}

/// What the target looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Alias {
    /// Who has what no candidate has: 0, or rollout id + 1.
    pub stable: u8,
    /// Whose candidate has a share, and which.
    pub candidate: Option<(Id, Share)>,
    /// Counts its writes.
    pub revision: Version,
}

impl Alias {
    /// What a rollout's candidate has.
    pub fn share_of(&self, id: Id) -> Share {
        match self.candidate {
            Some((other, share)) if other == id => share,
            Some(_) | None if usize::from(self.stable) == id + 1 => ALL,
            Some(_) | None => 0,
        }
    }
}

/// What a function is woken by. Verdicts carry the version of the document that was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trigger {
    /// The sweep, or a message that something is due.
    Reconcile,
    /// The step is passed.
    Pass(Version),
    /// The candidate is worse.
    Harm(Version),
    /// Somebody wants all traffic back.
    Abort,
    /// A newer rollout wants the target.
    Supersede,
    /// A share was not written, for all is frozen. `alone`: whoever read an older document is gone, and was before the target was
    /// read.
    Frozen {
        /// Whether nobody else can be about to write.
        alone: bool,
    },
    /// A freeze held what is pending, and is over.
    Thawed,
}

/// The next document, or `None` where nothing changes.
pub fn decide(doc: &Doc, id: Id, role: Role, trigger: Trigger, saw: &Alias) -> Option<Doc> {
    let moves = |phase, effect| Some(doc.with(phase, &[(effect, saw.revision)]));
    let goes_back = |end| moves(Phase::RollingBack(end), Effect::TakeBack);
    let writes = doc.pending.iter().any(|pending| pending.effect.is_write());
    match (doc.phase, role, trigger) {
        // The commit holds only where the target is nobody's.
        (Phase::Queued, Role::Mover, Trigger::Reconcile) => Some(doc.with(Phase::Preflight, &[])),
        // What the way back leads to is what was seen together with the fence.
        (Phase::Preflight, Role::Mover, Trigger::Reconcile) => {
            moves(Phase::Baking(1), Effect::Shift(1)).map(|next| Doc { base: saw.stable, ..next })
        }
        (Phase::Preflight, Role::Returner, Trigger::Abort | Trigger::Supersede) => {
            Some(doc.ended(End::Refused))
        }
        (Phase::Baking(step), Role::Mover, Trigger::Pass(version)) if version == doc.version && !writes => {
            let phase = if step + 1 == ALL { Phase::Watching } else { Phase::Baking(step + 1) };
            moves(phase, Effect::Shift(step + 1))
        }
        (Phase::Watching, Role::Mover, Trigger::Pass(version)) if version == doc.version && !writes => {
            Some(doc.ended(End::Succeeded))
        }
        (Phase::Baking(_) | Phase::Watching, Role::Returner, Trigger::Harm(version))
            if version == doc.version =>
        {
            goes_back(End::RolledBack)
        }
        (Phase::Baking(_) | Phase::Watching, Role::Returner, Trigger::Abort) => goes_back(End::RolledBack),
        (Phase::Baking(_) | Phase::Watching, Role::Returner, Trigger::Supersede) => {
            goes_back(End::Superseded)
        }
        (Phase::Baking(step), Role::Mover, Trigger::Reconcile) => on_course(doc, id, step, saw),
        (Phase::Watching, Role::Mover, Trigger::Reconcile) => on_course(doc, id, ALL, saw),
        (Phase::Baking(step), Role::Mover, Trigger::Frozen { alone }) if writes => {
            frozen(doc, id, step, saw, alone)
        }
        (Phase::Watching, Role::Mover, Trigger::Frozen { alone }) if writes => {
            frozen(doc, id, ALL, saw, alone)
        }
        (Phase::Baking(_) | Phase::Watching, Role::Mover, Trigger::Thawed) if doc.held => {
            Some(doc.wishing_anew())
        }
        (Phase::RollingBack(end), Role::Returner, Trigger::Reconcile) => on_the_way_back(doc, id, end, saw),
        (
            Phase::Queued
            | Phase::Preflight
            | Phase::Baking(_)
            | Phase::Watching
            | Phase::RollingBack(_)
            | Phase::Ended(_),
            Role::Mover | Role::Returner | Role::Teller,
            Trigger::Reconcile
            | Trigger::Pass(_)
            | Trigger::Harm(_)
            | Trigger::Abort
            | Trigger::Supersede
            | Trigger::Frozen { .. }
            | Trigger::Thawed,
        ) => None,
    }
}

/// Whether the traffic is where it should be; what a write found changed is looked at again.
fn on_course(doc: &Doc, id: Id, step: Share, saw: &Alias) -> Option<Doc> {
    let has = saw.share_of(id);
    match doc.pending.iter().find(|pending| pending.effect.is_write()) {
        Some(pending) if pending.fence == saw.revision => None,
        // Written already, and not recorded.
        Some(_) if has == step => Some(doc.with(doc.phase, &[])),
        Some(pending) if has + 1 == step => Some(doc.with(doc.phase, &[(pending.effect, saw.revision)])),
        None if has == step => None,
        Some(_) | None => Some(doc.ended(End::TakenOver)),
    }
}

/// What is pending is noted as held, and given up when nobody can be about to write it: the rollout stands where its traffic is.
fn frozen(doc: &Doc, id: Id, step: Share, saw: &Alias, alone: bool) -> Option<Doc> {
    let before = if step == 1 { Phase::Preflight } else { Phase::Baking(step - 1) };
    match saw.share_of(id) {
        has if has == step => Some(doc.with(doc.phase, &[])),
        _ if !doc.held => Some(Doc { version: doc.version + 1, held: true, ..doc.clone() }),
        _ => alone.then(|| doc.with(before, &[])),
    }
}

/// "Back" is said once the target was read back, with a write of ours on it.
fn on_the_way_back(doc: &Doc, id: Id, end: End, saw: &Alias) -> Option<Doc> {
    let again = || Some(doc.with(doc.phase, &[(Effect::TakeBack, saw.revision)]));
    match doc.pending.iter().find(|pending| pending.effect.is_write()) {
        Some(pending) if pending.fence == saw.revision => None,
        Some(_) => again(),
        None if saw.share_of(id) > 0 => again(),
        None if doc.written_on.is_some_and(|revision| revision != saw.revision) => Some(doc.ended(end)),
        None => None,
    }
}

impl Doc {
    /// The first version.
    pub const fn new(phase: Phase, pending: Vec<Pending>) -> Self {
        Self { version: 1, phase, pending, base: 0, written_on: None, held: false }
    }

    /// The next version, with this phase; new writes take the place of old ones.
    fn with(&self, phase: Phase, wanted: &[(Effect, Version)]) -> Self {
        let version = self.version + 1;
        let kept = self.pending.iter().copied().filter(|pending| !pending.effect.is_write());
        let new = wanted.iter().map(|&(effect, fence)| Pending { by: version, effect, fence });
        Self {
            version,
            phase,
            pending: kept.chain(new).collect(),
            base: self.base,
            written_on: self.written_on,
            held: false,
        }
    }

    /// The same writes, wanted by a version of their own.
    fn wishing_anew(&self) -> Self {
        let writes = self.pending.iter().filter(|pending| pending.effect.is_write());
        let wanted: Vec<_> = writes.map(|pending| (pending.effect, pending.fence)).collect();
        self.with(self.phase, &wanted)
    }

    fn ended(&self, end: End) -> Self {
        self.with(Phase::Ended(end), &[(Effect::Tell, 0)])
    }

    /// An effect is done.
    pub fn recorded(&self, done: Pending) -> Option<Self> {
        let pending: Vec<Pending> = self.pending.iter().copied().filter(|pending| *pending != done).collect();
        let written_on = if done.effect == Effect::TakeBack { Some(done.fence) } else { self.written_on };
        (pending.len() < self.pending.len()).then(|| Self {
            version: self.version + 1,
            phase: self.phase,
            pending,
            base: self.base,
            written_on,
            held: self.held && !done.effect.is_write(),
        })
    }
}
