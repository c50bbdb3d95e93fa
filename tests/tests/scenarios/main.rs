//! What people do with assets, on every chain: one list, run on the sandbox, on a bitcoind, and on
//! an electrs over a bitcoind. The list is in `list`, one file per theme.

mod list;

bulla_tests::scenarios!(
    // list/transfers.rs
    an_issue_puts_the_supply_on_a_sealed_coin,
    a_witness_transfer_settles_with_its_block,
    a_blind_transfer_lands_on_the_coin_that_was_reserved,
    ten_transfers_back_and_forth_over_tapret_coins,
    a_batch_pays_three_invoices_in_one_transaction,
    two_contracts_on_one_coin_move_together,
    tapret_and_opret_carry_commitments_in_turn,
    an_invoice_for_anything_is_paid_with_what_the_payer_says,
    a_wallet_reopened_between_every_step_forgets_nothing,
    // list/handshake.rs
    a_broadcast_waits_for_the_acknowledgement,
    a_transfer_that_is_given_up_gives_everything_back,
    an_acknowledgement_of_somebody_else_is_refused,
    two_transfers_never_spend_the_same_allocation,
    a_plan_is_stale_once_its_coins_are_gone,
    a_broadcast_can_be_repeated,
    a_psbt_that_was_tampered_with_is_not_signed,
    // list/refusals.rs
    more_of_an_asset_than_there_is_is_refused,
    more_satoshis_than_there_are_are_refused,
    invoices_that_cannot_be_paid_are_refused,
    malformed_invoices_are_refused,
    an_invoice_is_paid_once,
    less_than_was_asked_for_is_flagged,
    truncated_consignments_are_refused,
    flipped_bits_change_no_balance,
    a_consignment_for_somebody_else_is_refused,
    another_chain_is_refused_by_name,
    // list/chain.rs
    a_repeated_accept_credits_nothing,
    a_consistent_spend_that_nobody_signed_changes_no_balance,
    a_reorg_makes_a_transfer_pending_until_it_is_mined_again,
    a_deep_reorg_takes_a_chain_of_transfers_back,
    a_reorg_below_an_issue_keeps_the_asset,
    a_mined_conflict_decides_for_both_sides,
    an_unmined_consignment_is_pending_and_a_later_block_settles_it,
    a_sync_is_safe_to_repeat,
    a_backup_from_before_a_transfer_learns_what_was_spent,
    // list/offline.rs
    a_consignment_is_validated_by_headers_alone,
    a_reorg_renews_block_proofs,
    a_reorg_renews_the_proofs_of_what_others_sent,
    // list/ownership.rs
    a_proof_of_ownership_stands_until_a_coin_is_spent,
    a_supply_is_proven_by_what_is_unspent,
    a_supply_is_bounded_by_the_allowance_that_is_open,
    // list/coins.rs
    plain_payments_never_touch_sealed_coins,
    a_sweep_brings_empty_carriers_back,
    the_words_restore_all_plain_coins,
    coins_beyond_the_gap_are_found_with_a_larger_one,
    // list/kinds
    a_fixed_supply_is_split_joined_and_never_grows,
    an_inflatable_supply_grows_by_allowance_and_is_burned,
    numbered_editions_are_minted_engraved_moved_and_burned,
    a_token_is_split_and_joined_in_fractions,
    two_of_three_issuers_sign_a_transfer,
    units_are_handed_in_and_reissued,
    a_collectible_is_distributed_by_its_genesis,
);
