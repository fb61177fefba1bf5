//! Texts for customers whose request the browser SDK's paths or the Client API refuse, where the pages have
//! none.

use super::NamedText;
use crate::protocol::locale::Locale;
use crate::protocol::profile::ProfileField;

/// The texts of one language, in full sentences.
pub(in crate::http::pages) struct RefusedWords {
    pub(in crate::http::pages) address_too_long: &'static str,
    pub(in crate::http::pages) sign_in: &'static str,
    pub(in crate::http::pages) renewed_elsewhere: &'static str,
    pub(in crate::http::pages) too_many: NamedText,
    pub(in crate::http::pages) no_customer: &'static str,
    pub(in crate::http::pages) too_slow: &'static str,
    pub(in crate::http::pages) not_found: &'static str,
    pub(in crate::http::pages) not_allowed: &'static str,
    pub(in crate::http::pages) not_this_browser: &'static str,
    /// A mistake of the page's developer: the text before and after the name of the wrong field.
    pub(in crate::http::pages) mistake: (&'static str, &'static str),
    pub(in crate::http::pages) not_set_up: &'static str,
    pub(in crate::http::pages) field: fn(ProfileField) -> &'static str,
    /// Stands between the field's name and the text.
    pub(in crate::http::pages) colon: &'static str,
    pub(in crate::http::pages) empty: &'static str,
    pub(in crate::http::pages) too_long: fn(usize) -> String,
    pub(in crate::http::pages) control: &'static str,
    pub(in crate::http::pages) phone: &'static str,
    pub(in crate::http::pages) url: &'static str,
}

impl RefusedWords {
    pub(in crate::http::pages) const fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &EN,
            Locale::Fr => &FR,
            Locale::Es => &ES,
        }
    }
}

const EN: RefusedWords = RefusedWords {
    address_too_long: "This e-mail address is too long. Use another one.",
    sign_in: "You are not signed in. Sign in to continue.",
    renewed_elsewhere: "Your session was renewed in another window. Try again.",
    too_many: |wait| format!("A little too fast. Try again in {wait}."),
    no_customer: "There is no customer record for your account yet. Contact us, and we will add it.",
    too_slow: "Your connection was too slow. Try again.",
    not_found: "There is nothing at this address.",
    not_allowed: "This application is not allowed to do that.",
    not_this_browser: "We cannot tell that this is still your browser. Reload the page and try again.",
    mistake: (
        "This page made a mistake in its request",
        ". It is not your fault: tell whoever runs the page.",
    ),
    not_set_up: "This page is not set up to work with your account. It is not your fault: tell whoever runs the page.",
    field: |field| match field {
        ProfileField::FirstName => "First name",
        ProfileField::LastName => "Last name",
        ProfileField::DisplayName => "Display name",
        ProfileField::Phone => "Telephone number",
        ProfileField::ProfilePhoto => "Profile photo",
    },
    colon: ": ",
    empty: "there is nothing but spaces in it. Fill it in, or leave it out.",
    too_long: |most| format!("use at most {most} characters."),
    control: "use one line, without special characters that nobody sees.",
    phone: "use digits, spaces and the characters + - . ( ) / only.",
    url: "give an address that begins with https://.",
};

const FR: RefusedWords = RefusedWords {
    address_too_long: "Cette adresse e-mail est trop longue. Utilisez-en une autre.",
    sign_in: "Vous n’êtes pas connecté. Connectez-vous pour continuer.",
    renewed_elsewhere: "Votre session a été renouvelée dans une autre fenêtre. Réessayez.",
    too_many: |wait| format!("Un peu trop vite. Réessayez dans {wait}."),
    no_customer: "Votre compte n’a pas encore de fiche client. Contactez-nous et nous l’ajouterons.",
    too_slow: "Votre connexion était trop lente. Réessayez.",
    not_found: "Il n’y a rien à cette adresse.",
    not_allowed: "Cette application n’a pas le droit de faire cela.",
    not_this_browser: "Nous ne pouvons pas vérifier qu’il s’agit toujours de votre navigateur. Rechargez la page et réessayez.",
    mistake: (
        "Cette page a fait une erreur dans sa demande",
        ". Vous n’y êtes pour rien\u{a0}: signalez-le au responsable de la page.",
    ),
    not_set_up: "Cette page n’est pas configurée pour votre compte. Vous n’y êtes pour rien\u{a0}: signalez-le au responsable \
                 de la page.",
    field: |field| match field {
        ProfileField::FirstName => "Prénom",
        ProfileField::LastName => "Nom",
        ProfileField::DisplayName => "Nom affiché",
        ProfileField::Phone => "Numéro de téléphone",
        ProfileField::ProfilePhoto => "Photo de profil",
    },
    colon: "\u{a0}: ",
    empty: "il n’y a que des espaces. Remplissez ce champ ou laissez-le de côté.",
    too_long: |most| format!("utilisez au plus {most} caractères."),
    control: "écrivez sur une seule ligne, sans caractères spéciaux invisibles.",
    phone: "utilisez seulement des chiffres, des espaces et les signes + - . ( ) /.",
    url: "indiquez une adresse qui commence par https://.",
};

const ES: RefusedWords = RefusedWords {
    address_too_long: "Esta dirección de correo es demasiado larga. Use otra.",
    sign_in: "No ha iniciado sesión. Inicie sesión para continuar.",
    renewed_elsewhere: "Su sesión se renovó en otra ventana. Vuelva a intentarlo.",
    too_many: |wait| format!("Un poco demasiado rápido. Vuelva a intentarlo dentro de {wait}."),
    no_customer: "Su cuenta aún no tiene una ficha de cliente. Póngase en contacto con nosotros y la añadiremos.",
    too_slow: "Su conexión era demasiado lenta. Vuelva a intentarlo.",
    not_found: "No hay nada en esta dirección.",
    not_allowed: "Esta aplicación no tiene permiso para hacer eso.",
    not_this_browser: "No podemos comprobar que este siga siendo su navegador. Vuelva a cargar la página e inténtelo de nuevo.",
    mistake: (
        "Esta página cometió un error en su solicitud",
        ". No es culpa suya: avise al responsable de la página.",
    ),
    not_set_up: "Esta página no está configurada para su cuenta. No es culpa suya: avise al responsable de la página.",
    field: |field| match field {
        ProfileField::FirstName => "Nombre",
        ProfileField::LastName => "Apellidos",
        ProfileField::DisplayName => "Nombre visible",
        ProfileField::Phone => "Número de teléfono",
        ProfileField::ProfilePhoto => "Foto de perfil",
    },
    colon: ": ",
    empty: "solo contiene espacios. Rellene este campo o no lo incluya.",
    too_long: |most| format!("use como máximo {most} caracteres."),
    control: "escriba una sola línea, sin caracteres especiales invisibles.",
    phone: "use solo dígitos, espacios y los signos + - . ( ) /.",
    url: "indique una dirección que empiece por https://.",
};
