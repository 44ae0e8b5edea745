//! Limits that two servers keep together, in real time. They say how exactly.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use dateline_tests::Backend;

use super::{key, used};
use crate::press::{Doors, Press};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "two servers together keep a key's rate to within two hundredths",
            shared_rate,
        )
        .only(Backend::Postgres)
        .doors_closed(),
        test("two servers together keep a key's day exactly", shared_day)
            .only(Backend::Postgres)
            .doors_closed(),
    ]
}

/// Per second and at once. Fewer than the slowest machine can answer.
const RATE: i64 = 60;
const LASTS: Duration = Duration::from_secs(10);

/// Asks as often as it can until the time is over; how many were let in.
async fn flood(doors: Doors, key: String, until: Instant, pause: Duration, let_in: Arc<AtomicI64>) {
    while Instant::now() < until {
        let answer = doors.get("/v1/latest").key(&key).await;
        match answer.status {
            200 => {
                let_in.fetch_add(1, Ordering::Relaxed);
            }
            429 => tokio::time::sleep(Duration::from_millis(5)).await,
            _ => panic!("{answer}"),
        }
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
}

/// How often the rate is measured before it is taken for too small.
const TRIALS: u32 = 4;

/// By how much per cent more, or less, is let in than may be.
async fn trial(key: &str, processes: [&Doors; 2], pauses: [u64; 2], about: &str) -> f64 {
    // The bucket is full again.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let let_in = Arc::new(AtomicI64::new(0));
    let begun = Instant::now();
    let mut floods = Vec::new();
    for (doors, pause) in processes.into_iter().zip(pauses) {
        for _ in 0..if pause == 0 { 3 } else { 1 } {
            let pause = Duration::from_millis(pause);
            let flood = flood(doors.clone(), key.to_owned(), begun + LASTS, pause, Arc::clone(&let_in));
            floods.push(tokio::spawn(flood));
        }
    }
    for flood in floods {
        flood.await.unwrap();
    }
    #[allow(clippy::cast_precision_loss)]
    let (let_in, may) = (
        let_in.load(Ordering::Relaxed) as f64,
        (RATE as f64) * (1.0 + begun.elapsed().as_secs_f64()),
    );
    let off = (let_in - may) / may * 100.0;
    eprintln!("{about}: {let_in} of {may:.0} let in by two servers, {off:+.2} %");
    off
}

async fn shared_rate(press: Press) {
    let key = key(&press, &[("per-second", RATE)]).await;
    let one = press.process().await;
    let two = press.process().await;
    // Both flooded; one flooded and the other asked now and then; both asked a little below the limit together.
    for (about, pauses) in [("both flooded", [0, 0]), ("one flooded, one asked seldom", [0, 200])] {
        // Never more than may be; less only where a busy machine did not let the processes ask in time, so it is given
        // several chances.
        let mut off = 0.0;
        for _ in 0..TRIALS {
            off = trial(&key, [&one, &two], pauses, about).await;
            assert!(off <= 2.0, "{about}: {off:+.2} %");
            if off >= -2.0 {
                break;
            }
        }
        assert!(off >= -2.0, "{about}: {off:+.2} %");
    }
    one.terminate().await.ok();
    two.terminate().await.ok();
}

async fn shared_day(press: Press) {
    const DAY: i64 = 500;
    let key = key(&press, &[("per-day", DAY)]).await;
    let one = press.process().await;
    let two = press.process().await;
    let let_in = Arc::new(AtomicI64::new(0));
    let until = Instant::now() + Duration::from_secs(600);
    let mut floods = Vec::new();
    for process in [&one, &two] {
        for _ in 0..3 {
            let (doors, key, let_in): (&Doors, _, _) = (process, key.clone(), Arc::clone(&let_in));
            let doors = doors.clone();
            floods.push(tokio::spawn(async move {
                while Instant::now() < until {
                    match doors.get("/v1/latest").key(&key).await.status {
                        200 => let_in.fetch_add(1, Ordering::Relaxed),
                        429 => return,
                        other => panic!("{other}"),
                    };
                }
            }));
        }
    }
    for flood in floods {
        flood.await.unwrap();
    }
    let when_refused = let_in.load(Ordering::Relaxed);
    eprintln!("{when_refused} of {DAY} let in by two servers until both refused");
    // What one of them holds and does not use comes back: in the end all is given out, and no more.
    let patience = Instant::now() + Duration::from_secs(60);
    while let_in.load(Ordering::Relaxed) < DAY && Instant::now() < patience {
        for process in [&one, &two] {
            let doors: &Doors = process;
            if doors.get("/v1/latest").key(&key).await.status == 200 {
                let_in.fetch_add(1, Ordering::Relaxed);
            }
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(let_in.load(Ordering::Relaxed), DAY);
    assert_eq!(one.get("/v1/latest").key(&key).await.status, 429);
    one.terminate().await.ok();
    two.terminate().await.ok();
    press.open().await;
    let _ = used;
}
