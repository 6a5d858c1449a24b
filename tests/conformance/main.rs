//! Others judge the sandbox: botocore reads every exchange of its AWS side, moto is asked the same questions, and so is
//! the real API server on the Kubernetes side.
//!
//! A judge that is not installed ignores its trials and says what would change that; with `CI=true` they fail.

mod aws;
mod kubernetes;
mod python;
mod runs;
mod table;

fn main() {
    let arguments = libtest_mimic::Arguments::from_args();
    let mut trials = aws::trials();
    trials.extend(kubernetes::trials());
    trials.push(table::trial(vec![
        table::Part { owner: "aws", judged: aws::rows },
        table::Part { owner: "kubernetes", judged: kubernetes::rows },
    ]));
    libtest_mimic::run(&arguments, trials).exit();
}
