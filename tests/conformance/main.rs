//! Others judge the sandbox: botocore reads every exchange of its AWS side, and moto is asked the same questions.
//!
//! A judge that is not installed ignores its trials and says what would change that; with `CI=true` they fail.

mod aws;
mod python;
mod runs;
mod table;

fn main() {
    let arguments = libtest_mimic::Arguments::from_args();
    let mut trials = aws::trials();
    trials.push(table::trial(vec![table::Part { owner: "aws", judged: aws::rows }]));
    libtest_mimic::run(&arguments, trials).exit();
}
