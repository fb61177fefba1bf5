//! The texts of a mail with a code, in every language. French and Spanish keep their own typography.

use std::time::Duration;

use crate::protocol::locale::Locale;

/// Values that appear in the texts, already safe to print on one line.
pub(super) struct MailSubject<'a> {
    pub(super) organization: &'a str,
    pub(super) code: &'a str,
    pub(super) reference: &'a str,
    pub(super) lives: Duration,
}

pub(super) struct MailWords {
    /// The code comes first, because a notification shows only the beginning.
    pub(super) subject: String,
    /// Preview text that a list of mails shows after the subject.
    pub(super) preheader: String,
    pub(super) heading: &'static str,
    pub(super) lead: &'static str,
    pub(super) reference_label: &'static str,
    pub(super) reference_hint: &'static str,
    pub(super) asked_from_label: &'static str,
    /// Stands for the application that asked, when it has no name that a mail may print.
    pub(super) application: &'static str,
    pub(super) life_label: &'static str,
    pub(super) life: String,
    pub(super) ignore: &'static str,
    pub(super) never_asked: String,
    pub(super) footer: &'static str,
    pub(super) colon: &'static str,
}

impl MailWords {
    pub(super) fn new(locale: Locale, about: &MailSubject<'_>) -> Self {
        match locale {
            Locale::En => english(about),
            Locale::Fr => french(about),
            Locale::Es => spanish(about),
        }
    }
}

fn english(about: &MailSubject<'_>) -> MailWords {
    let MailSubject { organization, code, reference, lives } = about;
    let life = span(*lives, ["second", "seconds"], ["minute", "minutes"]);
    MailWords {
        subject: format!("{code} is your sign-in code for {organization} ({reference})"),
        preheader: format!("Your code is {code}, reference {reference}. It is valid for {life}."),
        heading: "Your sign-in code",
        lead: "Enter this code on the page where you asked for it.",
        reference_label: "Reference",
        reference_hint: "the page shows the same one",
        asked_from_label: "Asked from",
        application: "an application",
        life_label: "Valid for",
        life: format!("{life}, once"),
        ignore: "If you did not ask for this code, you can ignore this mail: nobody can sign in without it.",
        never_asked: format!("Nobody at {organization} will ever ask you for this code."),
        footer: "Sent automatically. Our mails with codes never contain a link.",
        colon: ":",
    }
}

fn french(about: &MailSubject<'_>) -> MailWords {
    let MailSubject { organization, code, reference, lives } = about;
    let life = span(*lives, ["seconde", "secondes"], ["minute", "minutes"]);
    MailWords {
        subject: format!("{code} est votre code de connexion pour {organization} ({reference})"),
        preheader: format!("Votre code est {code}, référence {reference}. Il est valable {life}."),
        heading: "Votre code de connexion",
        lead: "Saisissez ce code sur la page où vous l’avez demandé.",
        reference_label: "Référence",
        reference_hint: "la page affiche la même",
        asked_from_label: "Demandé sur",
        application: "une application",
        life_label: "Validité",
        life: format!("{life}, une seule fois"),
        ignore: "Si vous n’avez pas demandé ce code, vous pouvez ignorer ce message\u{a0}: sans lui, personne \
                 ne peut se connecter.",
        never_asked: format!("Personne chez {organization} ne vous demandera jamais ce code."),
        footer: "Envoi automatique. Nos messages avec un code ne contiennent jamais de lien.",
        colon: "\u{a0}:",
    }
}

fn spanish(about: &MailSubject<'_>) -> MailWords {
    let MailSubject { organization, code, reference, lives } = about;
    let life = span(*lives, ["segundo", "segundos"], ["minuto", "minutos"]);
    MailWords {
        subject: format!("{code} es tu código de acceso a {organization} ({reference})"),
        preheader: format!("Tu código es {code}, referencia {reference}. Es válido durante {life}."),
        heading: "Tu código de acceso",
        lead: "Introduce este código en la página donde lo has pedido.",
        reference_label: "Referencia",
        reference_hint: "la página muestra la misma",
        asked_from_label: "Pedido en",
        application: "una aplicación",
        life_label: "Validez",
        life: format!("{life}, una sola vez"),
        ignore: "Si no has pedido este código, puedes ignorar este mensaje: sin él, nadie puede iniciar \
                 sesión.",
        never_asked: format!("Nadie de {organization} te pedirá nunca este código."),
        footer: "Envío automático. Nuestros mensajes con códigos nunca contienen enlaces.",
        colon: ":",
    }
}

/// A duration in words, rounded down, so that a code is never expired while the mail says that it is valid.
fn span(lives: Duration, second: [&str; 2], minute: [&str; 2]) -> String {
    let seconds = lives.as_secs();
    let (number, [one, many]) = if seconds < 60 { (seconds, second) } else { (seconds / 60, minute) };
    format!("{number}\u{a0}{}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_life_of_a_code_is_rounded_down() {
        let text = |seconds| span(Duration::from_secs(seconds), ["second", "seconds"], ["minute", "minutes"]);
        assert_eq!(text(600), "10\u{a0}minutes");
        assert_eq!(text(119), "1\u{a0}minute");
        assert_eq!(text(59), "59\u{a0}seconds");
        assert_eq!(text(1), "1\u{a0}second");
    }
}
