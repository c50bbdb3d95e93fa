//! Which coins pay an amount.

use bitcoin::OutPoint;

/// A coin that could pay.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Candidate {
    pub outpoint: OutPoint,
    /// Smallest units on it.
    pub amount: u128,
    pub settled: bool,
}

/// The fewest coins that hold `needed`: settled ones if they suffice, else with pending ones. The
/// last of them is the smallest that will do, so that large coins stay whole. None if all together
/// hold too little.
pub(super) fn choose(needed: u128, candidates: &[Candidate]) -> Option<Vec<OutPoint>> {
    let settled: Vec<_> = candidates
        .iter()
        .copied()
        .filter(|coin| coin.settled)
        .collect();
    fewest(needed, settled).or_else(|| fewest(needed, candidates.to_vec()))
}

fn fewest(needed: u128, mut coins: Vec<Candidate>) -> Option<Vec<OutPoint>> {
    coins.sort_unstable_by_key(|coin| {
        (std::cmp::Reverse(coin.amount), !coin.settled, coin.outpoint)
    });
    let mut chosen = Vec::new();
    let mut left = needed;
    while left > 0 {
        let enough = coins.partition_point(|coin| coin.amount >= left);
        let at = enough.saturating_sub(1);
        if at >= coins.len() {
            return None;
        }
        // The smallest that is enough; the largest if none is.
        let first = coins.get(at).map(|coin| (coin.amount, coin.settled));
        let at = coins
            .iter()
            .position(|coin| Some((coin.amount, coin.settled)) == first)?;
        let coin = coins.remove(at);
        left = left.saturating_sub(coin.amount);
        chosen.push(coin.outpoint);
    }
    Some(chosen)
}

#[cfg(test)]
mod tests {
    use bitcoin::Txid;
    use bitcoin::hashes::Hash;

    use super::*;

    fn coin(n: u32, amount: u128, settled: bool) -> Candidate {
        Candidate {
            outpoint: OutPoint::new(Txid::all_zeros(), n),
            amount,
            settled,
        }
    }

    fn numbers(needed: u128, coins: &[Candidate]) -> Option<Vec<u32>> {
        choose(needed, coins).map(|chosen| chosen.iter().map(|outpoint| outpoint.vout).collect())
    }

    #[test]
    fn one_coin_that_suffices_is_the_smallest_that_does() {
        let coins = [coin(0, 50, true), coin(1, 10, true), coin(2, 20, true)];
        assert_eq!(numbers(10, &coins), Some(vec![1]));
        assert_eq!(numbers(11, &coins), Some(vec![2]));
        assert_eq!(numbers(21, &coins), Some(vec![0]));
    }

    #[test]
    fn several_are_the_fewest() {
        let coins = [
            coin(0, 50, true),
            coin(1, 10, true),
            coin(2, 20, true),
            coin(3, 5, true),
        ];
        assert_eq!(numbers(54, &coins), Some(vec![0, 3]));
        assert_eq!(numbers(70, &coins), Some(vec![0, 2]));
        assert_eq!(numbers(85, &coins), Some(vec![0, 2, 1, 3]));
    }

    #[test]
    fn settled_coins_come_first_also_if_there_are_more() {
        let coins = [coin(0, 100, false), coin(1, 10, true), coin(2, 20, true)];
        assert_eq!(numbers(25, &coins), Some(vec![2, 1]));
        assert_eq!(numbers(31, &coins), Some(vec![0]));
    }

    #[test]
    fn too_little_is_nothing() {
        assert_eq!(numbers(1, &[]), None);
        assert_eq!(numbers(31, &[coin(0, 10, true), coin(1, 20, false)]), None);
        assert_eq!(numbers(0, &[]), Some(vec![]));
    }

    #[test]
    fn the_order_of_the_candidates_does_not_matter() {
        let mut coins = [coin(0, 7, true), coin(1, 7, true), coin(2, 7, true)];
        let first = numbers(14, &coins);
        coins.reverse();
        assert_eq!(numbers(14, &coins), first);
    }
}
