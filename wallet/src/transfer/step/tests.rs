use std::collections::BTreeSet;

use bitcoin::hashes::Hash;

use super::*;
use crate::invoice::InvoiceId;
use crate::transfer::ack::Verdict;

fn invoice(n: u8) -> InvoiceId {
    InvoiceId::from_bytes([n; 32])
}

/// A transfer whose broadcast waits for these invoices.
fn awaiting(state: SenderState, invoices: &[u8]) -> Sending {
    Sending {
        state,
        signed: !matches!(state, SenderState::Prepared),
        awaited: invoices.iter().map(|n| invoice(*n)).collect(),
        acknowledged: BTreeSet::new(),
        deadline: None,
        expiry: Some(1_000),
    }
}

fn after(sending: &Sending, events: &[SenderEvent]) -> Sending {
    events.iter().fold(sending.clone(), |sending, event| {
        sending.step(*event).unwrap().0
    })
}

fn state(sending: &Sending, event: SenderEvent) -> (SenderState, Vec<Effect>) {
    let (sending, effects) = sending.step(event).unwrap();
    (sending.state, effects)
}

fn ack(n: u8, verdict: Verdict) -> SenderEvent {
    SenderEvent::Acknowledged {
        invoice: invoice(n),
        verdict,
    }
}

fn seen(sighting: Sighting) -> SenderEvent {
    SenderEvent::Seen {
        sighting,
        settled: 6,
    }
}

const BROADCAST: SenderEvent = SenderEvent::Broadcast { now: 500 };
const MINED: Sighting = Sighting::Mined { depth: 6 };
const YOUNG: Sighting = Sighting::Mined { depth: 5 };
const LOST: Sighting = Sighting::Conflicted { depth: 6, by: None };
const LOSING: Sighting = Sighting::Conflicted { depth: 5, by: None };

#[test]
fn without_awaited_acknowledgements_it_is_broadcast_at_once() {
    let signed = after(
        &awaiting(SenderState::Prepared, &[]),
        &[SenderEvent::Finished],
    );
    let public = (SenderState::Broadcast, vec![Effect::Broadcast]);
    assert_eq!(state(&signed, BROADCAST), public);
    let delivered = after(&signed, &[SenderEvent::Delivered]);
    assert_eq!(delivered.state, SenderState::Delivered);
    assert_eq!(state(&delivered, BROADCAST), public);
}

#[test]
fn what_is_out_without_its_contracts_signatures_waits_for_them() {
    let failed = awaiting(SenderState::Failed(Failure::Expired), &[]);
    let waiting = (SenderState::Unsigned, vec![Effect::Hold]);
    assert_eq!(state(&failed, SenderEvent::Uncosigned), waiting);
    let sending = after(&failed, &[SenderEvent::Uncosigned]);
    assert_eq!(
        sending.step(SenderEvent::Delivered),
        Err(StepError::Unsigned)
    );
    let signed = after(&sending, &[SenderEvent::Cosigned]);
    assert_eq!(state(&signed, seen(MINED)).0, SenderState::Settled);
}

#[test]
fn what_is_not_signed_is_neither_handed_over_nor_broadcast() {
    let sending = awaiting(SenderState::Prepared, &[]);
    assert_eq!(sending.step(BROADCAST), Err(StepError::NotSigned));
    assert_eq!(
        sending.step(SenderEvent::Delivered),
        Err(StepError::NotSigned)
    );
}

#[test]
fn a_broadcast_waits_for_every_acknowledgement() {
    let sending = awaiting(SenderState::Delivered, &[1, 2]);
    let one = after(&sending, &[ack(1, Verdict::Accepted)]);
    let missing = [invoice(2)].into();
    assert_eq!(
        one.step(BROADCAST),
        Err(StepError::Unacknowledged {
            missing,
            deadline: None
        })
    );
    let both = after(
        &one,
        &[ack(2, Verdict::Accepted), ack(2, Verdict::Accepted)],
    );
    assert_eq!(state(&both, BROADCAST).0, SenderState::Broadcast);
}

#[test]
fn a_batch_is_broadcast_at_its_deadline() {
    let mut sending = awaiting(SenderState::Delivered, &[1, 2]);
    sending.deadline = Some(501);
    let missing: BTreeSet<_> = [invoice(1), invoice(2)].into();
    let early = StepError::Unacknowledged {
        missing,
        deadline: Some(501),
    };
    assert_eq!(sending.step(BROADCAST), Err(early));
    let late = SenderEvent::Broadcast { now: 501 };
    assert_eq!(state(&sending, late).0, SenderState::Broadcast);
}

#[test]
fn after_the_expiry_it_is_not_broadcast_and_fails() {
    let sending = awaiting(SenderState::Delivered, &[]);
    let late = SenderEvent::Broadcast { now: 1_001 };
    assert_eq!(
        sending.step(late),
        Err(StepError::Expired {
            expiry: 1_000,
            now: 1_001
        })
    );
    let tick = |now| state(&sending, SenderEvent::Tick { now });
    assert_eq!(tick(1_000), (SenderState::Delivered, vec![]));
    assert_eq!(
        tick(1_001),
        (SenderState::Failed(Failure::Expired), vec![Effect::Release])
    );
    let public = awaiting(SenderState::Broadcast, &[]);
    let broadcast = (SenderState::Broadcast, vec![]);
    assert_eq!(state(&public, SenderEvent::Tick { now: 2_000 }), broadcast);
}

#[test]
fn a_refusal_fails_it_before_the_broadcast_and_is_no_refund_after() {
    let refused = SenderState::Failed(Failure::Refused {
        invoice: invoice(1),
    });
    let sending = awaiting(SenderState::Delivered, &[1]);
    assert_eq!(
        state(&sending, ack(1, Verdict::Refused)),
        (refused, vec![Effect::Release])
    );
    let public = awaiting(SenderState::Broadcast, &[1]);
    assert_eq!(
        state(&public, ack(1, Verdict::Refused)),
        (SenderState::Broadcast, vec![])
    );
}

#[test]
fn an_acknowledgement_of_another_invoice_is_refused() {
    let sending = awaiting(SenderState::Delivered, &[1]);
    let error = StepError::ForeignInvoice {
        invoice: invoice(2),
    };
    assert_eq!(sending.step(ack(2, Verdict::Accepted)), Err(error));
}

#[test]
fn only_what_is_not_public_can_be_cancelled() {
    for early in [SenderState::Prepared, SenderState::Delivered] {
        let cancelled = (
            SenderState::Failed(Failure::Cancelled),
            vec![Effect::Release],
        );
        assert_eq!(state(&awaiting(early, &[]), SenderEvent::Cancel), cancelled);
    }
    for late in [SenderState::Broadcast, SenderState::Settled] {
        assert_eq!(
            awaiting(late, &[]).step(SenderEvent::Cancel),
            Err(StepError::Public)
        );
    }
}

#[test]
fn a_failed_transfer_is_neither_signed_nor_broadcast_nor_acknowledged() {
    let failure = Failure::Cancelled;
    let failed = awaiting(SenderState::Failed(failure), &[1]);
    for event in [
        SenderEvent::Finished,
        SenderEvent::Delivered,
        BROADCAST,
        ack(1, Verdict::Accepted),
    ] {
        assert_eq!(failed.step(event), Err(StepError::Failed { failure }));
    }
}

#[test]
fn what_the_network_refuses_can_be_tried_again_or_cancelled() {
    let sending = awaiting(SenderState::Broadcast, &[]);
    let refused = after(&sending, &[SenderEvent::NotAccepted]);
    assert_eq!(refused.state, SenderState::Delivered);
}

#[test]
fn depth_settles_and_a_reorg_unsettles() {
    let sending = awaiting(SenderState::Broadcast, &[]);
    assert_eq!(state(&sending, seen(YOUNG)).0, SenderState::Broadcast);
    let freed = (SenderState::Settled, vec![Effect::Release]);
    assert_eq!(state(&sending, seen(MINED)), freed);
    let settled = after(&sending, &[seen(MINED)]);
    assert_eq!(state(&settled, seen(MINED)), (SenderState::Settled, vec![]));
    let back = (SenderState::Broadcast, vec![Effect::Hold]);
    assert_eq!(state(&settled, seen(YOUNG)), back);
    assert_eq!(state(&settled, seen(Sighting::Mempool)), back);
    assert_eq!(state(&settled, seen(LOSING)), back);
    let again = (
        SenderState::Broadcast,
        vec![Effect::Hold, Effect::Broadcast],
    );
    assert_eq!(state(&settled, seen(Sighting::Absent)), again);
}

#[test]
fn an_evicted_transaction_is_broadcast_again() {
    let sending = awaiting(SenderState::Broadcast, &[]);
    let again = (SenderState::Broadcast, vec![Effect::Broadcast]);
    assert_eq!(state(&sending, seen(Sighting::Absent)), again);
    let not_public = awaiting(SenderState::Delivered, &[]);
    assert_eq!(
        state(&not_public, seen(Sighting::Absent)),
        (SenderState::Delivered, vec![])
    );
}

#[test]
fn a_conflict_fails_it_with_depth_only_and_the_chain_may_change_its_mind() {
    let sending = awaiting(SenderState::Broadcast, &[]);
    assert_eq!(state(&sending, seen(LOSING)).0, SenderState::Broadcast);
    let conflicted = SenderState::Failed(Failure::Conflicted { by: None });
    assert_eq!(
        state(&sending, seen(LOST)),
        (conflicted, vec![Effect::Release])
    );
    let failed = after(&sending, &[seen(LOST)]);
    assert_eq!(state(&failed, seen(LOST)), (conflicted, vec![]));
    assert_eq!(state(&failed, seen(Sighting::Absent)), (conflicted, vec![]));
    assert_eq!(
        state(&failed, seen(YOUNG)),
        (SenderState::Broadcast, vec![Effect::Hold])
    );
}

#[test]
fn a_transaction_that_is_seen_goes_on_whatever_was_written_before() {
    // Killed between the broadcast and the next commit; or sent by somebody else who has it.
    for before in [SenderState::Prepared, SenderState::Delivered] {
        let sending = awaiting(before, &[1]);
        assert_eq!(
            state(&sending, seen(Sighting::Mempool)).0,
            SenderState::Broadcast
        );
        assert_eq!(state(&sending, seen(MINED)).0, SenderState::Settled);
    }
    let cancelled = awaiting(SenderState::Failed(Failure::Cancelled), &[]);
    let held = (SenderState::Broadcast, vec![Effect::Hold]);
    assert_eq!(state(&cancelled, seen(Sighting::Mempool)), held);
}

#[test]
fn events_can_be_repeated() {
    for event in [SenderEvent::Finished, SenderEvent::Delivered, BROADCAST] {
        let once = after(&awaiting(SenderState::Delivered, &[]), &[event]);
        assert_eq!(after(&once, &[event]), once);
    }
}

const TICK: ReceiverEvent = ReceiverEvent::Tick {
    now: 1_001,
    expiry: Some(1_000),
};

fn chain(sighting: Sighting) -> ReceiverEvent {
    ReceiverEvent::Seen {
        sighting,
        settled: 6,
    }
}

#[test]
fn an_invoice_expires_only_while_nothing_came() {
    let expired = ReceiverState::Failed(Failure::Expired);
    assert_eq!(
        ReceiverState::Invoiced.step(TICK),
        (expired, vec![Effect::Release])
    );
    assert_eq!(
        ReceiverState::Received.step(TICK),
        (ReceiverState::Received, vec![])
    );
    let early = ReceiverEvent::Tick {
        now: 1_000,
        expiry: Some(1_000),
    };
    assert_eq!(
        ReceiverState::Invoiced.step(early),
        (ReceiverState::Invoiced, vec![])
    );
}

#[test]
fn a_late_payment_is_received_all_the_same() {
    let expired = ReceiverState::Failed(Failure::Expired);
    let received = (ReceiverState::Received, vec![Effect::Hold]);
    assert_eq!(expired.step(ReceiverEvent::Accepted), received);
}

#[test]
fn the_coin_is_held_until_settled_or_conflicted_with_depth() {
    let (received, effects) = ReceiverState::Invoiced.step(ReceiverEvent::Accepted);
    assert_eq!((received, effects), (ReceiverState::Received, vec![]));
    for sighting in [Sighting::Absent, Sighting::Mempool, YOUNG, LOSING] {
        assert_eq!(
            received.step(chain(sighting)),
            (ReceiverState::Received, vec![])
        );
    }
    let release = vec![Effect::Release];
    assert_eq!(
        received.step(chain(MINED)),
        (ReceiverState::Settled, release.clone())
    );
    let conflicted = ReceiverState::Failed(Failure::Conflicted { by: None });
    assert_eq!(received.step(chain(LOST)), (conflicted, release));
}

#[test]
fn the_owner_can_give_up_what_does_not_come_and_the_chain_may_bring_it_all_the_same() {
    let cancelled = ReceiverState::Failed(Failure::Cancelled);
    let release = vec![Effect::Release];
    for before in [ReceiverState::Invoiced, ReceiverState::Received] {
        assert_eq!(
            before.step(ReceiverEvent::Cancel),
            (cancelled, release.clone())
        );
    }
    for before in [cancelled, ReceiverState::Settled] {
        assert_eq!(before.step(ReceiverEvent::Cancel), (before, vec![]));
    }
    assert_eq!(cancelled.step(chain(Sighting::Absent)), (cancelled, vec![]));
    let again = (ReceiverState::Received, vec![Effect::Hold]);
    assert_eq!(cancelled.step(chain(Sighting::Mempool)), again);
    assert_eq!(cancelled.step(ReceiverEvent::Accepted), again);
}

#[test]
fn a_reorg_takes_a_receipt_back_to_received() {
    for sighting in [YOUNG, Sighting::Mempool, Sighting::Absent, LOSING] {
        let back = (ReceiverState::Received, vec![Effect::Hold]);
        assert_eq!(ReceiverState::Settled.step(chain(sighting)), back);
    }
    let conflicted = ReceiverState::Failed(Failure::Conflicted { by: None });
    assert_eq!(
        conflicted.step(chain(YOUNG)),
        (ReceiverState::Received, vec![Effect::Hold])
    );
    assert_eq!(conflicted.step(chain(MINED)).0, ReceiverState::Settled);
    assert_eq!(
        ReceiverState::Settled.step(chain(MINED)),
        (ReceiverState::Settled, vec![])
    );
}

#[test]
fn reasons_survive_their_text_form() {
    let by = Some(Txid::from_byte_array([3; 32]));
    for failure in [
        Failure::Cancelled,
        Failure::Expired,
        Failure::Refused {
            invoice: invoice(1),
        },
        Failure::Conflicted { by: None },
        Failure::Conflicted { by },
    ] {
        assert_eq!(failure.to_string().parse(), Ok(failure));
    }
    for text in [
        "",
        "cancelled:1",
        "refused",
        "refused:00",
        "conflicted:x",
        "other",
    ] {
        let found = text.to_owned();
        assert_eq!(text.parse::<Failure>(), Err(ParseFailureError { found }));
    }
}

#[test]
fn what_is_lost_stays_lost_until_it_is_accepted_anew() {
    let lost = ReceiverState::Failed(Failure::Lost);
    let (next, effects) = ReceiverState::Invoiced.step(ReceiverEvent::Lost);
    assert_eq!((next, effects), (lost, vec![Effect::Release]));
    assert_eq!(lost.step(chain(MINED)), (lost, vec![]));
    let received = (ReceiverState::Received, vec![Effect::Hold]);
    assert_eq!(lost.step(ReceiverEvent::Accepted), received);
}
