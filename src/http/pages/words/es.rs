//! The Spanish texts, with "usted".

use super::{
    AddressWords, ClientErrorWords, CodeFormText, CodeWords, ConsentWords, DeviceWords, EndPageText,
    HomeWords, MessageWords, PageWords, PostWords, SignOutWords, TimedNoticeText,
};

pub(super) const WORDS: PageWords = PageWords {
    error: "Error: ",
    cancel: "Cancelar",
    cancel_to: |client| format!("Cancelar y volver a {client}"),
    other_address: "Usar otra dirección",
    to_continue: |client| format!("para continuar en {client}"),
    continue_: "Continuar",
    seconds: ("segundo", "segundos"),
    minutes: ("minuto", "minutos"),
    hours: ("hora", "horas"),
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
    heading: |of| format!("El inicio de sesión de {of}"),
    lead: "Las tiendas y aplicaciones le traen a esta dirección para iniciar sesión con un código por correo electrónico.",
    now: "Aquí no hay nada que abrir directamente. Para iniciar sesión, vaya a la tienda o a la aplicación que quiera usar.",
    running: "tiquo-auth está en marcha",
    for_development: "Para desarrollo, solo en esta máquina. Cualquier dirección sirve para iniciar sesión.",
    shop: ("Tienda de demostración", "Una página de cuenta hecha con el SDK para navegadores"),
    application: ("Daybook", "La aplicación de un tercero, que inicia sesión con OpenID Connect"),
    outbox: ("Bandeja de salida", "Los correos con los códigos, que no se envían"),
    client_api: ("API de clientes", "Lo que una aplicación puede consultar de su cliente"),
    for_developers: "Para desarrolladores:",
    metadata: "los metadatos (OpenID Connect Discovery)",
};

const DEVICE: DeviceWords = DeviceWords {
    heading: "Conectar un dispositivo",
    lead: "Su dispositivo muestra un código. Introdúzcalo aquí para conectarlo.",
    compare: "Este código venía en el enlace. Continúe solo si su dispositivo muestra el mismo.",
    label: "Código de su dispositivo",
    shape: "8 letras, con o sin guion",
    malformed: (
        "El código no está completo",
        "Introduzca las 8\u{a0}letras que muestra su dispositivo. Entre ellas no hay vocales ni dígitos.",
    ),
    unknown: (
        "No conocemos ese código",
        "Compárelo con su dispositivo. Si tiene más de 10 minutos, pida uno nuevo al dispositivo.",
    ),
    too_many: ("Demasiados códigos por ahora", |wait| {
        format!("Se han introducido muchos códigos desde su red. Vuelva a intentarlo dentro de {wait}.")
    }),
    to_connect: |client| format!("para conectar {client}"),
    check: "¿Muestra su dispositivo este código?",
    warning: (
        "Solo si el dispositivo es suyo",
        "Permítalo solo si lo tiene delante. Si alguien le ha enviado el código o un enlace, no lo permita.",
    ),
    allowed: |client| format!("{client} ya usa su cuenta."),
    denied: |client| format!("{client} no tiene acceso a su cuenta."),
    again: "Introducir un código nuevo",
};

const UNCHECKED: TimedNoticeText = ("Nadie ha comprobado esta aplicación", |organization| {
    format!(
        "Se registró por su cuenta y eligió su nombre. Continúe solo si la esperaba: {organization} no responde por ella."
    )
});

const CLIENT_ERROR: ClientErrorWords = ClientErrorWords {
    heading: "No se puede responder a esta petición",
    lead: |organization| {
        format!(
            "Una aplicación le ha enviado aquí con una petición incorrecta. Nadie de {organization} ha comprobado esta aplicación."
        )
    },
    now: "Puede cerrar esta página. Si confía en la aplicación, continúe hasta ella: sabrá qué ha fallado.",
    go_on: |to| format!("Continuar en {to}"),
};

const POST: PostWords = PostWords {
    heading: "Un momento",
    lead: |to| format!("Vuelve a {to}. Si no ocurre nada, elija Continuar."),
    to_sign_in: |client| format!("Va a iniciar sesión en {client}. Si no ocurre nada, elija Continuar."),
    to_sign_out: "Va a cerrar la sesión. Si no ocurre nada, elija Continuar.",
};

const ADDRESS: AddressWords = AddressWords {
    heading: "Iniciar sesión",
    email: "Correo electrónico",
    next: "Sin contraseña: le enviamos un código para introducirlo en la página siguiente.",
    send: "Enviarme un código",
    malformed: (
        "Revise la dirección",
        "Una dirección de correo electrónico tiene la forma nombre@ejemplo.es.",
    ),
    too_many: ("Demasiados códigos por ahora", |wait| {
        format!("Se han pedido muchos códigos con esta dirección. Vuelva a intentarlo dentro de {wait}.")
    }),
    mail_away: ("Ahora no podemos enviar correos", |wait| {
        format!("Su dirección no tiene ningún problema. Vuelva a intentarlo dentro de {wait}.")
    }),
    unwritable: (
        "No podemos escribir a esta dirección",
        "Nuestro servidor de correo solo admite, antes de la @, letras de la a a la z, dígitos y signos. Use otra dirección.",
    ),
    sign_in_again: ("Su sesión ha terminado", "Inicie sesión de nuevo para continuar."),
    unavailable: (
        "El servicio no responde",
        "Es un fallo nuestro, no suyo. Vuelva a intentarlo dentro de un momento.",
    ),
};

const CODE: CodeWords = CodeWords {
    heading: "Consulte su correo",
    sent_to: CodeFormText {
        digits: "Hemos enviado un código de 6\u{a0}dígitos a",
        letters: "Hemos enviado un código de 8\u{a0}caracteres a",
    },
    label: CodeFormText { digits: "Código de 6\u{a0}dígitos", letters: "Código de 8\u{a0}caracteres" },
    shape: CodeFormText {
        digits: "6 dígitos, con o sin espacio",
        letters: "8 letras y dígitos, con o sin espacio",
    },
    reference: |reference| format!("El código del correo con la referencia {reference}."),
    at_once: "Un código pegado o rellenado automáticamente se envía al momento.",
    send_new: "Enviar un código nuevo",
    wait: ("en", "s"),
    spam: "¿No ha llegado? Mire también en el correo no deseado.",
    wrong: ("Ese no es el código", |reference| {
        format!("Compárelo con el correo que tiene la referencia {reference}.")
    }),
    left: |left| match left {
        1 => "Le queda un intento.".to_owned(),
        _ => format!("Le quedan {left}\u{a0}intentos."),
    },
    malformed: (
        "El código no está completo",
        CodeFormText {
            digits: "Introduzca los 6\u{a0}dígitos del correo.",
            letters: "Introduzca las 8\u{a0}letras y dígitos del correo.",
        },
    ),
    expired: ("Este código ha caducado", "Pida uno nuevo para continuar."),
    spent: ("Este código ya no se puede usar", "Pida uno nuevo para continuar."),
    retired: (
        "Necesita un código más largo",
        "Se han introducido muchos códigos erróneos para esta dirección. Para protegerla, ahora enviamos \
         8\u{a0}letras y dígitos.",
    ),
    resent: ("Un código nuevo está en camino", |reference| {
        format!("Su correo tiene la referencia {reference}.")
    }),
    too_soon: ("Un momento, por favor", |wait| {
        format!("El último código aún puede llegar. Podrá pedir uno nuevo dentro de {wait}.")
    }),
    too_many: ("Demasiados códigos por ahora", |wait| {
        format!("Use el último código recibido o pida uno nuevo dentro de {wait}.")
    }),
};

const CONSENT: ConsentWords = ConsentWords {
    wants: |client, organization| format!("{client} quiere acceder a su cuenta de {organization}"),
    may: |client| format!("Si lo permite, {client} podrá:"),
    writes: "Puede modificar",
    signed_in_as: "Sesión iniciada como",
    not_you: "¿No es usted?",
    allow: "Permitir",
    deny: "No permitir",
    returns_to: "Después volverá a",
    change_of_mind: |organization| format!("Si más adelante cambia de opinión, contacte con {organization}."),
    home: "Sitio web",
    policy: "Política de privacidad",
    terms: "Condiciones de uso",
    new_tab: "(se abre en una pestaña nueva)",
    confirm: |client| format!("¿Continuar en {client}?"),
    confirm_lead: |client| format!("Iniciará sesión en {client} con esta cuenta."),
    choose: "Elija una cuenta",
    continue_as: "Continuar como",
    scope,
};

fn scope(token: &str) -> Option<&'static str> {
    Some(match token {
        "openid" => "Iniciar su sesión y reconocer su cuenta la próxima vez",
        "profile" => "Ver su nombre y los datos de su perfil",
        "email" => "Ver su dirección de correo electrónico",
        "phone" => "Ver su número de teléfono",
        "address" => "Ver su dirección postal",
        "offline_access" => "Conservar este acceso en su ausencia",
        "profile:read" => "Ver su ficha de cliente",
        "profile:write" => "Modificar su ficha de cliente",
        "orders:read" => "Ver sus pedidos",
        "bookings:read" => "Ver sus reservas",
        "enquiries:read" => "Ver sus consultas",
        _ => return None,
    })
}

const SIGN_OUT: SignOutWords = SignOutWords {
    heading: "¿Cerrar la sesión?",
    asks: |client| format!("{client} quiere cerrar su sesión."),
    sign_out: "Cerrar la sesión",
    stay: "Mantener la sesión",
    everywhere: "También se cerrará la sesión en las demás aplicaciones en las que entró con esta cuenta en este \
                 navegador.",
    not_back: "No volverá a la aplicación, porque no hemos podido comprobar cuál es.",
    signed_out: "Ha cerrado la sesión",
    close: "Puede cerrar esta página.",
    nobody: "Nadie ha iniciado sesión aquí",
    nothing_ended: "En este navegador no hay ninguna sesión que cerrar y no se ha cambiado nada. Puede cerrar esta página.",
    telling: "Estamos cerrando la sesión en sus aplicaciones. Tarda unos segundos.",
    one_moment: "Un momento",
    on_to: |client| format!("Continuar a {client}"),
    stays: "Su sesión sigue abierta",
    unchanged: "Nada ha cambiado. Puede cerrar esta página.",
    frame: "Una aplicación cierra su sesión",
};

const MESSAGE: MessageWords = MessageWords {
    device_allowed: EndPageText {
        heading: "Su dispositivo está conectado",
        what: "Ha permitido que inicie sesión con su cuenta.",
        now: "Siga en su dispositivo. Puede cerrar esta página.",
    },
    device_denied: EndPageText {
        heading: "El dispositivo no se ha conectado",
        what: "No tiene acceso a su cuenta.",
        now: "Puede cerrar esta página. Para volver a intentarlo, pida un código nuevo al dispositivo.",
    },
    device_expired: EndPageText {
        heading: "Este código ya no es válido",
        what: "El código de un dispositivo vale durante diez minutos y una sola vez.",
        now: "Pida un código nuevo en su dispositivo e introdúzcalo.",
    },
    unknown_client: EndPageText {
        heading: "No conocemos esta aplicación",
        what: "El enlace que le ha traído aquí nombra una aplicación que no está registrada con nosotros.",
        now: "Vuelva a la aplicación y avise a su soporte. Su cuenta no se ve afectada.",
    },
    bad_redirect_uri: EndPageText {
        heading: "El regreso no sería seguro",
        what: "La aplicación nos pidió que le enviáramos a una dirección que no ha registrado. Por eso nos hemos \
               detenido aquí.",
        now: "Vuelva a la aplicación y avise a su soporte. Su cuenta no se ve afectada.",
    },
    bad_post_logout_redirect_uri: EndPageText {
        heading: "El regreso no sería seguro",
        what: "La aplicación nos pidió que le enviáramos a una dirección que no ha registrado. Por eso nos hemos \
               detenido aquí. Es posible que su sesión siga abierta.",
        now: "Vuelva a la aplicación y avise a su soporte.",
    },
    logout_expired: EndPageText {
        heading: "Esta página ya no está al día",
        what: "Estuvo abierta demasiado tiempo. Es posible que su sesión siga abierta.",
        now: "Vuelva a la aplicación y cierre la sesión de nuevo.",
    },
    bad_request: EndPageText {
        heading: "Este enlace no funciona",
        what: "Le falta algo o contiene un error.",
        now: "Vuelva al punto de partida y empiece de nuevo.",
    },
    interaction_expired: EndPageText {
        heading: "Este inicio de sesión ha caducado",
        what: "Para protegerle, un inicio de sesión solo permanece abierto durante un tiempo limitado.",
        now: "Vuelva a la aplicación e inicie sesión de nuevo.",
    },
    interaction_finished: EndPageText {
        heading: "Este inicio de sesión ha terminado",
        what: "Se completó o se canceló, quizá en otra pestaña.",
        now: "Vuelva a la aplicación. Si allí no tiene la sesión iniciada, empiece de nuevo.",
    },
    other_browser: EndPageText {
        heading: "Continúe donde empezó",
        what: "Este inicio de sesión comenzó en otro navegador, o este no acepta cookies.",
        now: "Vuelva al navegador donde empezó. Si es este, permita las cookies e inicie sesión de nuevo.",
    },
    form_expired: EndPageText {
        heading: "Esta página ya no está al día",
        what: "No hemos aceptado lo que envió, porque la página llevaba demasiado tiempo abierta o pertenece a otro \
               inicio de sesión. No se ha cambiado nada.",
        now: "Vuelva atrás, recargue la página e inténtelo de nuevo.",
    },
    not_found: EndPageText {
        heading: "Aquí no hay ninguna página",
        what: "La dirección contiene un error o la página ya no existe.",
        now: "Revise la dirección o vuelva al punto de partida.",
    },
    method_not_allowed: EndPageText {
        heading: "Esta página no se abre así",
        what: "Solo responde cuando se envía un formulario de otra página.",
        now: "Vuelva al punto de partida y empiece de nuevo.",
    },
    too_many_requests: EndPageText {
        heading: "Un poco demasiado rápido",
        what: "Han llegado demasiadas peticiones desde su red en poco tiempo.",
        now: "Espere un momento y recargue esta página.",
    },
    unavailable: EndPageText {
        heading: "El servicio no está disponible",
        what: "Una parte de nuestro servicio no responde. Es un fallo nuestro, no suyo.",
        now: "Espere un momento y recargue esta página.",
    },
    server_error: EndPageText {
        heading: "Algo ha fallado",
        what: "Es un fallo nuestro, no suyo.",
        now: "Inténtelo de nuevo. Si vuelve a fallar, dé a nuestro soporte el identificador de petición de abajo.",
    },
    misdirected: EndPageText {
        heading: "Esta dirección no es nuestra",
        what: "Este servicio no responde al nombre que aparece en la barra de direcciones.",
        now: "Revise la dirección o vuelva al punto de partida.",
    },
    wait: |wait| format!("Espere {wait} y recargue esta página."),
    for_developers: "Para quien desarrolla la aplicación:",
    developer_client: "client_id no nombra ningún cliente registrado.",
    developer_redirect: "redirect_uri debe ser exactamente una de las registradas para el cliente.",
    developer_post_logout: "post_logout_redirect_uri debe ser exactamente una de las registradas para el cliente.",
    request_id: "Identificador de petición",
    back: "Volver a la aplicación",
    back_to: |client| format!("Volver a {client}"),
};
