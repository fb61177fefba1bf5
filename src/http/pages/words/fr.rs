//! The French texts, with "vous". A no-break space stands before a colon, a narrow one before a question
//! mark.

use super::{
    AddressWords, ClientErrorWords, CodeFormText, CodeWords, ConsentWords, DeviceWords, EndPageText,
    HomeWords, MessageWords, PageWords, PostWords, SignOutWords, TimedNoticeText,
};

pub(super) const WORDS: PageWords = PageWords {
    error: "Erreur\u{a0}: ",
    cancel: "Annuler",
    cancel_to: |client| format!("Annuler et revenir à {client}"),
    other_address: "Utiliser une autre adresse",
    to_continue: |client| format!("pour continuer vers {client}"),
    continue_: "Continuer",
    seconds: ("seconde", "secondes"),
    minutes: ("minute", "minutes"),
    hours: ("heure", "heures"),
    address: ADDRESS,
    code: CODE,
    consent: CONSENT,
    unchecked: UNCHECKED,
    client_error: CLIENT_ERROR,
    device: DEVICE,
    home: HOME,
    message: MESSAGE,
    sign_out: SIGN_OUT,
    post: POST,
};

const HOME: HomeWords = HomeWords {
    heading: |of| format!("La page de connexion de {of}"),
    lead: "Des boutiques et des applications vous amènent à cette adresse pour vous connecter avec un code reçu par e-mail.",
    now: "Il n’y a rien à ouvrir ici directement. Pour vous connecter, allez à la boutique ou à l’application que vous voulez utiliser.",
    running: "tiquo-auth est en marche",
    for_development: "Pour le développement, sur cette machine seulement. Toute adresse convient pour se connecter.",
    shop: ("Boutique de démonstration", "Une page de compte faite avec le SDK pour navigateurs"),
    application: ("Daybook", "L’application d’un tiers, qui connecte ses utilisateurs par OpenID Connect"),
    outbox: ("Boîte d’envoi", "Les e-mails avec les codes, qui ne sont pas envoyés"),
    client_api: ("L’API client", "Ce qu’une application peut demander sur son client"),
    for_developers: "Pour les développeurs\u{a0}:",
    metadata: "les métadonnées (OpenID Connect Discovery)",
};

const DEVICE: DeviceWords = DeviceWords {
    heading: "Connecter un appareil",
    lead: "Votre appareil affiche un code. Saisissez-le ici pour connecter l’appareil.",
    compare: "Ce code vient du lien que vous avez ouvert. Continuez seulement si votre appareil affiche le même.",
    label: "Code affiché sur votre appareil",
    shape: "8 lettres, avec ou sans tiret",
    malformed: (
        "Ce code n’est pas complet",
        "Saisissez les 8\u{a0}lettres affichées par votre appareil. Il n’y a parmi elles ni voyelle ni chiffre.",
    ),
    unknown: (
        "Nous ne connaissons pas ce code",
        "Comparez-le avec votre appareil. S’il a plus de 10 minutes, demandez-en un nouveau à l’appareil.",
    ),
    too_many: ("Trop de codes pour le moment", |wait| {
        format!("De nombreux codes ont été saisis depuis votre réseau. Réessayez dans {wait}.")
    }),
    to_connect: |client| format!("pour connecter {client}"),
    check: "Votre appareil affiche-t-il ce code\u{202f}?",
    warning: (
        "Seulement si l’appareil est à vous",
        "Vérifiez que vous avez bien cet appareil devant vous. Si quelqu’un vous a envoyé le code ou un lien, n’autorisez rien.",
    ),
    allowed: |client| format!("{client} utilise maintenant votre compte."),
    denied: |client| format!("{client} n’a pas accès à votre compte."),
    again: "Saisir un nouveau code",
};

const UNCHECKED: TimedNoticeText = ("Personne n’a vérifié cette application", |organization| {
    format!(
        "Elle s’est enregistrée elle-même et a choisi son nom. Continuez seulement si vous vous y attendiez\u{a0}: {organization} ne s’en porte pas garant."
    )
});

const CLIENT_ERROR: ClientErrorWords = ClientErrorWords {
    heading: "Cette demande reste sans réponse",
    lead: |organization| {
        format!(
            "Une application vous a envoyé ici avec une demande incorrecte. Personne chez {organization} n’a vérifié cette application."
        )
    },
    now: "Vous pouvez fermer cette page. Si vous faites confiance à l’application, continuez vers elle\u{a0}: elle saura ce qui ne va pas.",
    go_on: |to| format!("Continuer vers {to}"),
};

const POST: PostWords = PostWords {
    heading: "Un instant",
    lead: |to| format!("Vous retournez vers {to}. Si rien ne se passe, choisissez Continuer."),
    to_sign_in: |client| {
        format!("Vous allez vous connecter à {client}. Si rien ne se passe, choisissez Continuer.")
    },
    to_sign_out: "Vous allez vous déconnecter. Si rien ne se passe, choisissez Continuer.",
};

const ADDRESS: AddressWords = AddressWords {
    heading: "Connexion",
    email: "Adresse e-mail",
    next: "Pas de mot de passe\u{a0}: nous vous envoyons un code à saisir à la page suivante.",
    send: "Recevoir un code",
    malformed: ("Vérifiez l’adresse", "Une adresse e-mail ressemble à nom@exemple.fr."),
    too_many: ("Trop de codes pour le moment", |wait| {
        format!("De nombreux codes ont été demandés avec cette adresse. Réessayez dans {wait}.")
    }),
    mail_away: ("L’envoi d’e-mails est interrompu", |wait| {
        format!("Votre adresse n’est pas en cause. Réessayez dans {wait}.")
    }),
    unwritable: (
        "Nous ne pouvons pas écrire à cette adresse",
        "Notre serveur d’e-mails n’accepte, avant le @, que des lettres de a à z, des chiffres et des signes. Utilisez une autre adresse.",
    ),
    sign_in_again: ("Votre session est terminée", "Reconnectez-vous pour continuer."),
    unavailable: ("Le service ne répond pas", "Cela vient de nous, pas de vous. Réessayez dans un instant."),
};

const CODE: CodeWords = CodeWords {
    heading: "Consultez vos e-mails",
    sent_to: CodeFormText {
        digits: "Nous avons envoyé un code à 6\u{a0}chiffres à",
        letters: "Nous avons envoyé un code à 8\u{a0}caractères à",
    },
    label: CodeFormText { digits: "Code à 6\u{a0}chiffres", letters: "Code à 8\u{a0}caractères" },
    shape: CodeFormText {
        digits: "6 chiffres, avec ou sans espace",
        letters: "8 lettres et chiffres, avec ou sans espace",
    },
    reference: |reference| format!("Le code de l’e-mail portant la référence {reference}."),
    at_once: "Un code collé ou rempli automatiquement est envoyé aussitôt.",
    send_new: "Envoyer un nouveau code",
    wait: ("dans", "s"),
    spam: "Rien reçu\u{202f}? Regardez aussi dans les courriers indésirables.",
    wrong: ("Ce n’est pas le bon code", |reference| {
        format!("Comparez-le avec l’e-mail portant la référence {reference}.")
    }),
    left: |left| match left {
        1 => "Il vous reste un essai.".to_owned(),
        _ => format!("Il vous reste {left}\u{a0}essais."),
    },
    malformed: (
        "Ce code n’est pas complet",
        CodeFormText {
            digits: "Saisissez les 6\u{a0}chiffres de l’e-mail.",
            letters: "Saisissez les 8\u{a0}lettres et chiffres de l’e-mail.",
        },
    ),
    expired: ("Ce code a expiré", "Demandez-en un nouveau pour continuer."),
    spent: ("Ce code n’est plus utilisable", "Demandez-en un nouveau pour continuer."),
    retired: (
        "Il vous faut un code plus long",
        "De nombreux codes erronés ont été saisis pour cette adresse. Pour la protéger, nous envoyons désormais \
         8\u{a0}lettres et chiffres.",
    ),
    resent: ("Un nouveau code est en route", |reference| {
        format!("Son e-mail porte la référence {reference}.")
    }),
    too_soon: ("Un instant, s’il vous plaît", |wait| {
        format!("Le dernier code peut encore arriver. Vous pourrez en demander un nouveau dans {wait}.")
    }),
    too_many: ("Trop de codes pour le moment", |wait| {
        format!("Utilisez le dernier code reçu, ou demandez-en un nouveau dans {wait}.")
    }),
};

const CONSENT: ConsentWords = ConsentWords {
    wants: |client, organization| format!("{client} souhaite accéder à votre compte {organization}"),
    may: |client| format!("Avec votre accord, {client} pourra\u{a0}:"),
    writes: "Peut modifier",
    signed_in_as: "Compte connecté",
    not_you: "Ce n’est pas vous\u{202f}?",
    allow: "Autoriser",
    deny: "Refuser",
    returns_to: "Vous revenez ensuite à",
    change_of_mind: |organization| format!("Si vous changez d’avis plus tard, contactez {organization}."),
    home: "Site web",
    policy: "Politique de confidentialité",
    terms: "Conditions d’utilisation",
    new_tab: "(s’ouvre dans un nouvel onglet)",
    confirm: |client| format!("Continuer vers {client}\u{202f}?"),
    confirm_lead: |client| format!("Vous vous connectez à {client} avec ce compte."),
    choose: "Choisissez un compte",
    continue_as: "Continuer avec",
    scope,
};

fn scope(token: &str) -> Option<&'static str> {
    Some(match token {
        "openid" => "Vous connecter et reconnaître votre compte la prochaine fois",
        "profile" => "Voir votre nom et votre profil",
        "email" => "Voir votre adresse e-mail",
        "phone" => "Voir votre numéro de téléphone",
        "address" => "Voir votre adresse postale",
        "offline_access" => "Conserver cet accès en votre absence",
        "profile:read" => "Consulter votre fiche client",
        "profile:write" => "Modifier votre fiche client",
        "orders:read" => "Consulter vos commandes",
        "bookings:read" => "Consulter vos réservations",
        "enquiries:read" => "Consulter vos demandes",
        _ => return None,
    })
}

const SIGN_OUT: SignOutWords = SignOutWords {
    heading: "Se déconnecter\u{202f}?",
    asks: |client| format!("{client} souhaite vous déconnecter."),
    sign_out: "Se déconnecter",
    stay: "Ne pas se déconnecter",
    everywhere: "Vous serez aussi déconnecté des autres applications où vous vous êtes connecté avec ce compte dans ce \
                 navigateur.",
    not_back: "Vous ne serez pas renvoyé vers l’application, car nous n’avons pas pu vérifier laquelle c’est.",
    signed_out: "Vous êtes déconnecté",
    close: "Vous pouvez fermer cette page.",
    nobody: "Personne n’est connecté ici",
    nothing_ended: "Ce navigateur n’a aucune connexion à fermer et rien n’a été modifié. Vous pouvez fermer cette page.",
    telling: "Nous vous déconnectons de vos applications. Cela prend quelques secondes.",
    one_moment: "Un instant",
    on_to: |client| format!("Continuer vers {client}"),
    stays: "Vous êtes toujours connecté",
    unchanged: "Rien n’a changé. Vous pouvez fermer cette page.",
    frame: "Une application vous déconnecte",
};

const MESSAGE: MessageWords = MessageWords {
    device_allowed: EndPageText {
        heading: "Votre appareil est connecté",
        what: "Vous l’avez autorisé à se connecter avec votre compte.",
        now: "Reprenez sur votre appareil. Vous pouvez fermer cette page.",
    },
    device_denied: EndPageText {
        heading: "L’appareil n’a pas été connecté",
        what: "Il n’a pas accès à votre compte.",
        now: "Vous pouvez fermer cette page. Pour réessayer, demandez un nouveau code à l’appareil.",
    },
    device_expired: EndPageText {
        heading: "Ce code n’est plus valable",
        what: "Le code d’un appareil est valable dix minutes et ne sert qu’une fois.",
        now: "Demandez un nouveau code à votre appareil et saisissez-le.",
    },
    unknown_client: EndPageText {
        heading: "Cette application nous est inconnue",
        what: "Le lien que vous avez suivi désigne une application qui n’est pas enregistrée chez nous.",
        now: "Retournez à l’application et prévenez son assistance. Votre compte n’est pas concerné.",
    },
    bad_redirect_uri: EndPageText {
        heading: "Le retour ne serait pas sûr",
        what: "L’application nous a demandé de vous envoyer à une adresse qu’elle n’a pas enregistrée. Nous nous \
               sommes donc arrêtés ici.",
        now: "Retournez à l’application et prévenez son assistance. Votre compte n’est pas concerné.",
    },
    bad_post_logout_redirect_uri: EndPageText {
        heading: "Le retour ne serait pas sûr",
        what: "L’application nous a demandé de vous envoyer à une adresse qu’elle n’a pas enregistrée. Nous nous \
               sommes donc arrêtés ici. Vous êtes peut-être encore connecté.",
        now: "Retournez à l’application et prévenez son assistance.",
    },
    logout_expired: EndPageText {
        heading: "Cette page n’est plus à jour",
        what: "Elle est restée ouverte trop longtemps. Vous êtes peut-être encore connecté.",
        now: "Retournez à l’application et déconnectez-vous à nouveau.",
    },
    bad_request: EndPageText {
        heading: "Ce lien ne fonctionne pas",
        what: "Il y manque quelque chose, ou quelque chose y est incorrect.",
        now: "Retournez d’où vous venez et recommencez.",
    },
    interaction_expired: EndPageText {
        heading: "Cette connexion a expiré",
        what: "Pour votre protection, une connexion ne reste ouverte que pendant un temps limité.",
        now: "Retournez à l’application et connectez-vous à nouveau.",
    },
    interaction_finished: EndPageText {
        heading: "Cette connexion est terminée",
        what: "Elle a été menée à bien ou annulée, peut-être dans un autre onglet.",
        now: "Retournez à l’application. Si vous n’y êtes pas connecté, recommencez.",
    },
    other_browser: EndPageText {
        heading: "Continuez là où vous avez commencé",
        what: "Cette connexion a débuté dans un autre navigateur, ou celui-ci n’accepte pas les cookies.",
        now: "Revenez au navigateur de départ. Si c’est celui-ci, autorisez les cookies et reconnectez-vous.",
    },
    form_expired: EndPageText {
        heading: "Cette page n’est plus à jour",
        what: "Votre envoi n’a pas été accepté\u{a0}: la page est restée ouverte trop longtemps ou appartient à une \
               autre connexion. Rien n’a été modifié.",
        now: "Revenez en arrière, rechargez la page et réessayez.",
    },
    not_found: EndPageText {
        heading: "Il n’y a pas de page ici",
        what: "L’adresse comporte une erreur, ou la page n’existe plus.",
        now: "Vérifiez l’adresse, ou retournez d’où vous venez.",
    },
    method_not_allowed: EndPageText {
        heading: "Cette page ne s’ouvre pas ainsi",
        what: "Elle ne répond qu’à l’envoi d’un formulaire d’une autre page.",
        now: "Retournez d’où vous venez et recommencez.",
    },
    too_many_requests: EndPageText {
        heading: "Un peu trop vite",
        what: "Trop de demandes sont venues de votre réseau en peu de temps.",
        now: "Patientez un instant, puis rechargez cette page.",
    },
    unavailable: EndPageText {
        heading: "Le service est indisponible",
        what: "Une partie de notre service ne répond pas. Cela vient de nous, pas de vous.",
        now: "Patientez un instant, puis rechargez cette page.",
    },
    server_error: EndPageText {
        heading: "Une erreur s’est produite",
        what: "Cela vient de nous, pas de vous.",
        now: "Réessayez. Si l’erreur se répète, donnez à notre assistance l’identifiant de requête ci-dessous.",
    },
    misdirected: EndPageText {
        heading: "Cette adresse n’est pas la nôtre",
        what: "Ce service ne répond pas au nom qui figure dans la barre d’adresse.",
        now: "Vérifiez l’adresse, ou retournez d’où vous venez.",
    },
    wait: |wait| format!("Patientez {wait}, puis rechargez cette page."),
    for_developers: "Pour les développeurs de l’application\u{a0}:",
    developer_client: "client_id ne désigne aucun client enregistré.",
    developer_redirect: "redirect_uri doit être exactement l’une de celles qui sont enregistrées pour le client.",
    developer_post_logout: "post_logout_redirect_uri doit être exactement l’une de celles qui sont enregistrées pour \
                            le client.",
    request_id: "Identifiant de requête",
    back: "Revenir à l’application",
    back_to: |client| format!("Revenir à {client}"),
};
