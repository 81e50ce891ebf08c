//! What was measured, as Markdown. Nothing here runs or reads anything.

use std::time::Duration;

/// What the runs of one process took.
#[derive(Debug)]
pub struct Measured {
    pub name: String,
    pub median: Duration,
    /// The 10th and the 90th percentile.
    pub spread: (Duration, Duration),
    pub peak_kib: Option<u64>,
}

impl Measured {
    /// From the times of at least one run.
    pub fn of(name: &str, mut times: Vec<Duration>, peak_kib: Option<u64>) -> Self {
        times.sort();
        let last = times.len() - 1;
        Measured {
            name: name.to_owned(),
            median: times[times.len() / 2],
            spread: (times[last / 10], times[last - last / 10]),
            peak_kib,
        }
    }
}

/// What belongs together.
#[derive(Debug)]
pub struct Section {
    pub title: &'static str,
    pub measured: Vec<Measured>,
    /// Whether the first is ours, and the others do the same work.
    pub is_contest: bool,
}

impl Section {
    /// A table of its processes.
    pub fn table(&self) -> String {
        let mut text = format!("## {}\n\n| process | median |", self.title);
        if self.is_contest {
            text.push_str(" as long as ours |");
        }
        text.push_str(" 10th to 90th percentile | peak memory |\n| --- | ---: | ---: | ---: |");
        text.push_str(if self.is_contest { " ---: |\n" } else { "\n" });
        let ours = self.measured.first().map(|ours| ours.median);
        for one in &self.measured {
            text.push_str(&format!(
                "| {} | {:.1} ms |",
                one.name,
                milliseconds(one.median)
            ));
            if let Some(ours) = ours.filter(|_| self.is_contest) {
                text.push_str(&format!(" {} |", ratio(one.median, ours)));
            }
            let (low, high) = one.spread;
            let peak = one.peak_kib.map_or("-".to_owned(), |kib| {
                format!("{:.1} MiB", kib as f64 / 1024.0)
            });
            text.push_str(&format!(
                " {:.1} to {:.1} ms | {peak} |\n",
                milliseconds(low),
                milliseconds(high)
            ));
        }
        text
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// How many times as long, with no more digits than mean something.
pub fn ratio(time: Duration, ours: Duration) -> String {
    let ratio = time.as_secs_f64() / ours.as_secs_f64();
    if ratio < 10.0 {
        format!("{ratio:.1}")
    } else {
        format!("{ratio:.0}")
    }
}

/// What one more costs in the last step of a series, over what it costs in the first: 1 where growth is linear, 10 where
/// something grows with the square and each step is to ten times as many. A fixed cost at the start does not count.
pub fn growth(points: &[(usize, f64)]) -> Option<f64> {
    let slope = |pair: &[(usize, f64)]| match pair {
        [(few, low), (many, high)] if many > few => Some((high - low) / (many - few) as f64),
        _ => None,
    };
    let mut steps = points.windows(2);
    let first = slope(steps.next()?)?;
    let last = slope(steps.next_back()?)?;
    (first > 0.0).then(|| last / first)
}

/// A series of the same job with more and more to do.
pub struct Series<'m> {
    pub what: &'static str,
    pub points: Vec<(usize, &'m Measured)>,
}

impl Series<'_> {
    /// What one more costs, and whether growth is nearer to linear than to the square; none for too short a series.
    pub fn told(&self) -> Option<(String, bool)> {
        let times = self.points(|one| Some(milliseconds(one.median)))?;
        let growth = growth(&times)?;
        let squares: Vec<(usize, f64)> = times
            .iter()
            .map(|(count, _)| (*count, (count * count) as f64))
            .collect();
        let is_linear = growth * growth < self::growth(&squares)?;
        let word = if is_linear {
            "linear"
        } else {
            "more than linear"
        };
        let (few, many, each) = last_step(&times)?;
        let mut text = format!(
            "- {}: {} for one more between {few} and {many}, {growth:.2} times what it is in the first step: {word}",
            self.what,
            if each < 1.0 {
                format!("{:.1} µs", each * 1000.0)
            } else {
                format!("{each:.1} ms")
            }
        );
        let peaks = self.points(|one| one.peak_kib.map(|kib| kib as f64));
        if let Some((_, _, each)) = peaks.and_then(|peaks| last_step(&peaks)) {
            text.push_str(&format!("; {each:.1} KiB of memory"));
        }
        Some((text + "\n", is_linear))
    }

    fn points(&self, value: impl Fn(&Measured) -> Option<f64>) -> Option<Vec<(usize, f64)>> {
        let points = self.points.iter();
        points
            .map(|(count, one)| Some((*count, value(one)?)))
            .collect()
    }
}

/// From how many to how many the last step goes, and what one more costs in it.
fn last_step(points: &[(usize, f64)]) -> Option<(usize, usize, f64)> {
    let [.., (few, low), (many, high)] = points else {
        return None;
    };
    Some((*few, *many, (high - low) / (many - few) as f64))
}
