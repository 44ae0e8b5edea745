//! Our own few words, in the languages of the news: a page in Arabic should not say "Latest" on top of it.

/// What the frame of a page says. A language that is not among these gets English, marked as such.
pub struct Words {
    pub language: &'static str,
    /// The first link of a page, for those who do not see it.
    pub skip: &'static str,
    pub latest: &'static str,
    pub more_about: &'static str,
    pub topics: &'static str,
    pub related: &'static str,
    /// Kinds of links, as what leads to the linked story.
    pub background: &'static str,
    pub follow_up: &'static str,
    pub correction_of: &'static str,
    pub translation_of: &'static str,
    pub external: &'static str,
    /// Before a time.
    pub updated: &'static str,
    /// What the links to newer and older pages are called together.
    pub pages: &'static str,
    pub newest: &'static str,
    pub newer: &'static str,
    pub older: &'static str,
    pub nothing: &'static str,
    /// Before the name of the time zone.
    pub times_in: &'static str,
    pub not_found: &'static str,
    pub not_found_text: &'static str,
    /// A story that was taken back for good.
    pub gone: &'static str,
    pub gone_text: &'static str,
    /// Before what was put right.
    pub correction: &'static str,
    pub clarification: &'static str,
    pub failed: &'static str,
    pub failed_text: &'static str,
}

impl Words {
    pub fn of(language: &str) -> &'static Words {
        let primary = language.split('-').next().unwrap_or(language);
        TABLE
            .iter()
            .copied()
            .find(|words| words.language == primary)
            .unwrap_or(&ENGLISH)
    }

    pub fn direction(&self) -> &'static str {
        direction(self.language)
    }
}

/// Primary languages that are usually written from right to left.
const RIGHT_TO_LEFT: [&str; 19] = [
    "ar", "arc", "ary", "arz", "ckb", "dv", "fa", "he", "ks", "lrc", "mzn", "nqo", "pnb", "ps", "sd", "syr", "ug",
    "ur", "yi",
];
/// Scripts (ISO 15924) that are.
const RIGHT_TO_LEFT_SCRIPTS: [&str; 8] = ["Adlm", "Arab", "Aran", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"];

/// `ltr` or `rtl`, for a BCP 47 tag. A script in the tag decides (`pa-Arab`, `ur-Latn`), else the language.
pub fn direction(language: &str) -> &'static str {
    let mut parts = language.split('-');
    let primary = parts.next().unwrap_or_default();
    let script = parts
        .take_while(|p| p.len() > 1)
        .find(|p| p.len() == 4 && p.bytes().all(|b| b.is_ascii_alphabetic()));
    let is_rtl = match script {
        Some(script) => RIGHT_TO_LEFT_SCRIPTS.iter().any(|s| s.eq_ignore_ascii_case(script)),
        None => RIGHT_TO_LEFT.contains(&primary),
    };
    if is_rtl { "rtl" } else { "ltr" }
}

static TABLE: [&Words; 8] = [
    &ENGLISH, &UKRAINIAN, &GERMAN, &FRENCH, &SPANISH, &POLISH, &ARABIC, &JAPANESE,
];

static ENGLISH: Words = Words {
    language: "en",
    skip: "To the content",
    latest: "Latest",
    more_about: "More about",
    topics: "Topics",
    related: "Related",
    background: "Background",
    follow_up: "Follow-up",
    correction_of: "Corrects",
    translation_of: "In another language",
    external: "Elsewhere",
    updated: "updated",
    pages: "Pages",
    newest: "Newest",
    newer: "Newer",
    older: "Older",
    nothing: "No stories here yet.",
    times_in: "Times are local to",
    not_found: "Page not found",
    not_found_text: "There is no such page, or it is no longer here.",
    gone: "Withdrawn",
    gone_text: "The publisher has withdrawn this story.",
    correction: "Correction",
    clarification: "Clarification",
    failed: "Something went wrong",
    failed_text: "It has been noted. Please try again in a moment.",
};

static UKRAINIAN: Words = Words {
    language: "uk",
    skip: "До змісту",
    latest: "Останні новини",
    more_about: "Більше про",
    topics: "Теми",
    related: "Читайте також",
    background: "Передісторія",
    follow_up: "Продовження",
    correction_of: "Виправляє",
    translation_of: "Іншою мовою",
    external: "На інших сайтах",
    updated: "оновлено",
    pages: "Сторінки",
    newest: "Найновіші",
    newer: "Новіші",
    older: "Давніші",
    nothing: "Тут ще немає новин.",
    times_in: "Час за поясом",
    not_found: "Сторінку не знайдено",
    not_found_text: "Такої сторінки немає або її вже прибрали.",
    gone: "Відкликано",
    gone_text: "Видавець відкликав цей матеріал.",
    correction: "Виправлення",
    clarification: "Уточнення",
    failed: "Щось пішло не так",
    failed_text: "Ми вже знаємо про це. Спробуйте ще раз за хвилину.",
};

static GERMAN: Words = Words {
    language: "de",
    skip: "Zum Inhalt",
    latest: "Neueste Meldungen",
    more_about: "Mehr zu",
    topics: "Themen",
    related: "Siehe auch",
    background: "Hintergrund",
    follow_up: "Wie es weiterging",
    correction_of: "Berichtigt",
    translation_of: "In anderer Sprache",
    external: "Anderswo",
    updated: "aktualisiert",
    pages: "Seiten",
    newest: "Neueste",
    newer: "Neuere",
    older: "Ältere",
    nothing: "Hier gibt es noch keine Meldungen.",
    times_in: "Zeiten in der Zone",
    not_found: "Seite nicht gefunden",
    not_found_text: "Diese Seite gibt es nicht oder nicht mehr.",
    gone: "Zurückgezogen",
    gone_text: "Diese Meldung wurde vom Verlag zurückgezogen.",
    correction: "Korrektur",
    clarification: "Klarstellung",
    failed: "Etwas ist schiefgegangen",
    failed_text: "Wir wissen davon. Bitte versuchen Sie es gleich noch einmal.",
};

static FRENCH: Words = Words {
    language: "fr",
    skip: "Aller au contenu",
    latest: "Dernières dépêches",
    more_about: "En savoir plus :",
    topics: "Thèmes",
    related: "À lire aussi",
    background: "Contexte",
    follow_up: "Suite",
    correction_of: "Corrige",
    translation_of: "Dans une autre langue",
    external: "Ailleurs",
    updated: "mis à jour",
    pages: "Pages",
    newest: "Les plus récentes",
    newer: "Plus récentes",
    older: "Plus anciennes",
    nothing: "Aucune dépêche pour l’instant.",
    times_in: "Heures locales :",
    not_found: "Page introuvable",
    not_found_text: "Cette page n’existe pas ou n’est plus là.",
    gone: "Retiré",
    gone_text: "Cet article a été retiré par l’éditeur.",
    correction: "Rectificatif",
    clarification: "Précision",
    failed: "Une erreur s’est produite",
    failed_text: "Elle a été enregistrée. Réessayez dans un instant.",
};

static SPANISH: Words = Words {
    language: "es",
    skip: "Ir al contenido",
    latest: "Últimas noticias",
    more_about: "Más sobre",
    topics: "Temas",
    related: "Lea también",
    background: "Antecedentes",
    follow_up: "Continuación",
    correction_of: "Corrige",
    translation_of: "En otro idioma",
    external: "En otros sitios",
    updated: "actualizado",
    pages: "Páginas",
    newest: "Lo más nuevo",
    newer: "Más nuevas",
    older: "Más antiguas",
    nothing: "Aún no hay noticias aquí.",
    times_in: "Hora local de",
    not_found: "Página no encontrada",
    not_found_text: "Esta página no existe o ya no está aquí.",
    gone: "Retirada",
    gone_text: "El editor ha retirado esta noticia.",
    correction: "Corrección",
    clarification: "Aclaración",
    failed: "Algo ha fallado",
    failed_text: "Ha quedado registrado. Inténtelo de nuevo en un momento.",
};

static POLISH: Words = Words {
    language: "pl",
    skip: "Do treści",
    latest: "Najnowsze",
    more_about: "Więcej na temat:",
    topics: "Tematy",
    related: "Czytaj także",
    background: "Tło",
    follow_up: "Ciąg dalszy",
    correction_of: "Prostuje",
    translation_of: "W innym języku",
    external: "Gdzie indziej",
    updated: "aktualizacja",
    pages: "Strony",
    newest: "Najnowsze",
    newer: "Nowsze",
    older: "Starsze",
    nothing: "Nie ma tu jeszcze wiadomości.",
    times_in: "Czas w strefie",
    not_found: "Nie znaleziono strony",
    not_found_text: "Takiej strony nie ma albo już jej nie ma.",
    gone: "Wycofano",
    gone_text: "Wydawca wycofał ten materiał.",
    correction: "Sprostowanie",
    clarification: "Wyjaśnienie",
    failed: "Coś poszło nie tak",
    failed_text: "Już o tym wiemy. Spróbuj ponownie za chwilę.",
};

static ARABIC: Words = Words {
    language: "ar",
    skip: "إلى المحتوى",
    latest: "آخر الأخبار",
    more_about: "المزيد عن",
    topics: "المواضيع",
    related: "اقرأ أيضاً",
    background: "خلفية",
    follow_up: "متابعة",
    correction_of: "تصحيح لـ",
    translation_of: "بلغة أخرى",
    external: "في مواقع أخرى",
    updated: "حُدّث",
    pages: "الصفحات",
    newest: "الأحدث",
    newer: "أحدث",
    older: "أقدم",
    nothing: "لا توجد أخبار هنا بعد.",
    times_in: "الأوقات بتوقيت",
    not_found: "الصفحة غير موجودة",
    not_found_text: "هذه الصفحة غير موجودة أو لم تعد هنا.",
    gone: "تم السحب",
    gone_text: "سحب الناشر هذا الخبر.",
    correction: "تصحيح",
    clarification: "توضيح",
    failed: "حدث خطأ ما",
    failed_text: "لقد سُجّل الخطأ. يُرجى المحاولة مرة أخرى بعد قليل.",
};

static JAPANESE: Words = Words {
    language: "ja",
    skip: "本文へ",
    latest: "最新ニュース",
    more_about: "もっと読む：",
    topics: "トピック",
    related: "関連",
    background: "背景",
    follow_up: "続報",
    correction_of: "訂正元",
    translation_of: "他の言語で",
    external: "外部サイト",
    updated: "更新",
    pages: "ページ",
    newest: "最新",
    newer: "新しい記事",
    older: "過去の記事",
    nothing: "まだ記事はありません。",
    times_in: "時刻の表示：",
    not_found: "ページが見つかりません",
    not_found_text: "このページは存在しないか、すでに削除されています。",
    gone: "取り下げ",
    gone_text: "この記事は配信元により取り下げられました。",
    correction: "訂正",
    clarification: "補足説明",
    failed: "問題が発生しました",
    failed_text: "記録されました。しばらくしてからもう一度お試しください。",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direction_follows_the_script_and_else_the_language() {
        for tag in ["ar", "ar-EG", "he", "fa", "ur", "yi", "ckb", "pa-Arab", "az-Arab-IR"] {
            assert_eq!(direction(tag), "rtl", "{tag}");
        }
        for tag in ["en", "uk", "ja", "ur-Latn", "az", "zh-Hant-TW", "en-x-arab", "", "und"] {
            assert_eq!(direction(tag), "ltr", "{tag}");
        }
    }

    #[test]
    fn a_language_without_words_gets_english() {
        assert_eq!(Words::of("pt-BR").language, "en");
        assert_eq!(Words::of("uk-UA").language, "uk");
    }
}
