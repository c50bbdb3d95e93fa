//! What a command that spends would do.

use bitcoin::OutPoint;
use bulla_wallet::Wallet;
use bulla_wallet::api::Plan;
use bulla_wallet::transfer::plan::{self, OutputRole, quantity};
use serde::Serialize;

use super::answer::Loss;
use super::moving::{PlannedTransition, owned_name, token};
use crate::amount::sat_per_vb;
use crate::error::Error;
use crate::output::Human;
use crate::table::fields;
use crate::unbacked;
use crate::units::Names;

/// What a command that spends would do.
#[derive(Clone, Debug, Serialize)]
pub struct Planned {
    /// Always true.
    pub dry_run: bool,
    /// Fee in satoshis.
    pub fee_sats: u64,
    /// Virtual size.
    pub vbytes: u64,
    /// Fee rate in sat/vB.
    pub fee_rate: f64,
    /// Coins that would be spent.
    pub inputs: Vec<OutPoint>,
    /// Outputs that would be made, plain change last.
    pub outputs: Vec<PlannedOutput>,
    /// Transitions that would be made.
    pub transitions: Vec<PlannedTransition>,
    /// Allocations that would be left behind and lost.
    pub abandoned: Vec<Loss>,
    /// Whether the broadcast would wait for acknowledgements.
    pub hold: bool,
}

/// An output that would be made.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedOutput {
    /// What it is for.
    pub role: &'static str,
    /// Its satoshis.
    pub sats: u64,
}

impl Planned {
    /// Of a plan of the wallet.
    ///
    /// # Errors
    /// If the wallet cannot be read.
    pub fn of(plan: &Plan, wallet: &Wallet) -> Result<Self, Error> {
        let names = Names::of(wallet)?;
        let draft = &plan.draft;
        let sealed = draft.inputs.iter().map(|coin| coin.outpoint);
        let change = plan.change_sats.map(|sats| PlannedOutput {
            role: "plain change",
            sats,
        });
        let output = |output: &plan::PlannedOutput| PlannedOutput {
            role: role(&output.role),
            sats: output.sats,
        };
        let transition = |planned: &plan::PlannedTransition| {
            let schema = wallet.schema(planned.contract)?;
            Ok(PlannedTransition::of(planned, &draft.paid, &schema, &names))
        };
        let lost = |held: &plan::Holding| {
            let schema = wallet.schema(held.contract)?;
            Ok(Loss {
                contract: held.contract,
                amount: quantity(&held.state).to_string(),
                display: names.show_owned(
                    held.contract,
                    owned_name(&schema, held.leaf.owned_type),
                    token(&held.state),
                    quantity(&held.state),
                ),
                unbacked: names.unbacked(held.contract),
            })
        };
        let transitions = draft.transitions.iter().map(transition);
        let abandoned = draft.abandoned.iter().map(lost);
        Ok(Self {
            dry_run: true,
            fee_sats: plan.fee_sats,
            vbytes: plan.vbytes,
            fee_rate: sat_per_vb(plan.fee_sats, plan.vbytes),
            inputs: sealed.chain(plan.plain_inputs.iter().copied()).collect(),
            outputs: draft.outputs.iter().map(output).chain(change).collect(),
            transitions: transitions.collect::<Result<_, Error>>()?,
            abandoned: abandoned.collect::<Result<_, Error>>()?,
            hold: plan.hold,
        })
    }
}

const fn role(role: &OutputRole) -> &'static str {
    match role {
        OutputRole::TapretHost => "sealed change with the commitment",
        OutputRole::OpretHost => "commitment",
        OutputRole::SealedChange => "sealed change",
        OutputRole::Payee { .. } => "payee",
        OutputRole::Carrier => "free sealed coin",
        OutputRole::Bitcoin { .. } => "bitcoin",
    }
}

impl Human for Planned {
    fn human(&self) -> String {
        let mut rows: Vec<_> = self
            .transitions
            .iter()
            .flat_map(PlannedTransition::rows)
            .collect();
        rows.extend(self.abandoned.iter().map(|lost| ("LOSES", lost.what())));
        let fee = format!("{} sat for {} vB", self.fee_sats, self.vbytes);
        rows.push(("fee", fee));
        let inputs = self.inputs.iter();
        rows.extend(inputs.map(|input| ("spends", input.to_string())));
        let outputs = self.outputs.iter();
        rows.extend(
            outputs.map(|output| ("makes", format!("{} sat, {}", output.sats, output.role))),
        );
        if self.hold {
            let waits = "the broadcast would wait for acknowledgements";
            rows.push(("note", waits.to_owned()));
        }
        rows.push(("note", "nothing was done".to_owned()));
        let moved = self.transitions.iter();
        let moved = moved.map(|moved| (moved.contract, &moved.unbacked));
        let lost = self.abandoned.iter().map(Loss::unbacked);
        unbacked::below(fields(rows), moved.chain(lost))
    }
}
