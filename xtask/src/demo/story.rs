//! How the demo looks on a terminal.

use std::process::Command;

/// Starts a new part.
pub fn chapter(title: &str) {
    println!("\n{title}\n{}", "-".repeat(title.chars().count()));
}

/// One line of the story.
pub fn tell(text: impl AsRef<str>) {
    println!("{}", text.as_ref());
}

/// The command that comes next, as a reader would type it.
pub fn prompt(program: &str, command: &Command) {
    let arguments = command.get_args().map(|argument| {
        let argument = argument.to_string_lossy();
        if argument.contains(char::is_whitespace) {
            format!("'{argument}'")
        } else {
            argument.into_owned()
        }
    });
    println!("$ {program} {}", arguments.collect::<Vec<_>>().join(" "));
}

/// A number with its thousands apart.
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn thousands_are_apart() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
    }
}
