//! Time: deadlines, and pauses that grow and vary. All waiting of the gateway and the engine is here.

use std::time::Duration;

use tokio::time::Instant;

use super::trouble::{Trouble, TroubleKind};

/// How long AWS may take until a new role or rule is seen everywhere.
pub const CONSISTENCY: Duration = Duration::from_secs(60);

/// A moment after which waiting ends.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    until: Instant,
}

impl Deadline {
    /// So much from now.
    pub fn after(time: Duration) -> Self {
        let now = Instant::now();
        // A time too long to count is as good as a year.
        let until = now.checked_add(time).unwrap_or_else(|| now + Duration::from_secs(31_536_000));
        Self { until }
    }

    /// What is left; zero when it is over.
    pub fn left(self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Whether it is over.
    pub fn is_over(self) -> bool {
        self.left().is_zero()
    }

    /// Sleeps, but not past the deadline. False when it is over.
    pub async fn sleep(self, time: Duration) -> bool {
        let left = self.left();
        tokio::time::sleep(time.min(left)).await;
        time < left
    }
}

/// Pauses that double from the first to the longest, each between half and the whole of its length.
#[derive(Debug, Clone)]
pub struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// From `first` up to `longest`.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    /// For calls that failed on the way.
    pub const fn quick() -> Self {
        Self::new(Duration::from_millis(200), Duration::from_secs(5))
    }

    /// The next pause.
    pub fn pause(&mut self) -> Duration {
        let whole = self.next.min(self.longest);
        self.next = self.next.saturating_mul(2).min(self.longest);
        let half = whole / 2;
        half + half.mul_f64(fraction())
    }
}

/// A number from 0 to 1 that differs between processes that started together.
fn fraction() -> f64 {
    let mut bytes = [0_u8; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}

/// Calls until the answer is no longer [`TroubleKind::NotYet`] or the deadline is over; then the last answer.
///
/// `waiting` is told each time that a call has to be repeated, and says whether it may be.
///
/// # Errors
/// The call's own trouble.
pub async fn until_seen<T, F>(
    deadline: Deadline,
    mut waiting: impl FnMut(&Trouble) -> bool,
    mut call: impl FnMut() -> F,
) -> Result<T, Trouble>
where
    F: Future<Output = Result<T, Trouble>>,
{
    let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(4));
    loop {
        match call().await {
            Err(trouble) if trouble.what == TroubleKind::NotYet && !deadline.is_over() => {
                if !waiting(&trouble) {
                    return Err(trouble);
                }
                deadline.sleep(backoff.pause()).await;
            }
            answer => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_vary_and_stay_below_the_longest() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(400));
        for whole in [100, 200, 400, 400] {
            let pause = backoff.pause();
            assert!(pause >= Duration::from_millis(whole / 2), "{pause:?} of {whole}");
            assert!(pause <= Duration::from_millis(whole), "{pause:?} of {whole}");
        }
    }

    #[tokio::test]
    async fn what_is_not_seen_yet_is_asked_for_until_the_deadline() {
        let not_yet = Trouble::new(TroubleKind::NotYet, "eks", "CreateAddon", "role");
        let mut told = 0;
        let deadline = Deadline::after(Duration::from_millis(600));
        let answer: Result<(), Trouble> = until_seen(
            deadline,
            |_| {
                told += 1;
                true
            },
            || std::future::ready(Err(not_yet.clone())),
        )
        .await;
        assert_eq!(answer, Err(not_yet));
        assert!((2..=10).contains(&told), "{told}");
    }
}
