//! Chat templates, rendered as their authors wrote them: Jinja, which comes inside the model file and is trusted with
//! nothing but text.

use minijinja::{Environment, Error, ErrorKind, context, syntax::SyntaxConfig};

use super::gguf::Header;

/// Steps that a template may take; the longest seen takes some thousands for a short conversation.
const FUEL: u64 = 1 << 20;
const NAME: &str = "chat";

/// One turn: `system`, `user` or `assistant`, and what is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub role: &'static str,
    pub content: String,
}

/// A template that was understood.
pub struct ChatTemplate {
    environment: Environment<'static>,
    begin: String,
    end: String,
}

impl ChatTemplate {
    /// `begin` and `end` are the texts of the tokens that open and close a text.
    ///
    /// # Errors
    /// A template that is not Jinja, with the line where it ends to be.
    pub fn parse(source: &str, begin: &str, end: &str) -> Result<Self, String> {
        let mut environment = Environment::new();
        let whitespace = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(whitespace.map_err(|e| told(&e))?);
        environment.set_fuel(Some(FUEL));
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |reason: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, reason))
        });
        // Templates ask for the date; an answer that is replayed later must be asked for in the same words.
        environment.add_function("strftime_now", |_format: String| String::new());
        environment.add_template_owned(NAME, source.to_owned()).map_err(|e| told(&e))?;
        Ok(Self { environment, begin: begin.to_owned(), end: end.to_owned() })
    }

    /// The conversation up to where the model's next turn begins. A template that takes no system turn gets it as the
    /// beginning of the first user's.
    ///
    /// # Errors
    /// A template that refuses the conversation or asks for what is not there.
    pub fn render(&self, turns: &[Turn]) -> Result<String, String> {
        match self.render_as_is(turns) {
            Err(refused) => self.render_as_is(&without_system(turns)).map_err(|_| refused),
            rendered => rendered,
        }
    }

    fn render_as_is(&self, turns: &[Turn]) -> Result<String, String> {
        let template = self.environment.get_template(NAME).map_err(|e| told(&e))?;
        let values = context! {
            messages => turns.iter().map(|turn| context! { role => turn.role, content => turn.content.as_str() }).collect::<Vec<_>>(),
            add_generation_prompt => true,
            bos_token => self.begin.as_str(),
            eos_token => self.end.as_str(),
        };
        let rendered = template.render(values).map_err(|e| told(&e))?;
        // Some templates leave out the roles that they do not know, without a word.
        match turns.iter().find(|turn| !rendered.contains(turn.content.trim())) {
            Some(lost) => Err(format!("it leaves out what the {} says", lost.role)),
            None => Ok(rendered),
        }
    }
}

fn told(e: &Error) -> String {
    let reason = e.detail().map_or_else(|| e.kind().to_string(), str::to_owned);
    e.line().map_or(reason.clone(), |line| format!("line {line}: {reason}"))
}

fn without_system(turns: &[Turn]) -> Vec<Turn> {
    let mut said = String::new();
    let mut rest = Vec::with_capacity(turns.len());
    for turn in turns {
        if turn.role == "system" {
            said.push_str(&turn.content);
            said.push_str("\n\n");
        } else if turn.role == "user" && !said.is_empty() {
            rest.push(Turn { role: turn.role, content: std::mem::take(&mut said) + &turn.content });
        } else {
            rest.push(turn.clone());
        }
    }
    rest
}

/// How a model wants a conversation, as far as its file tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateFound {
    None,
    /// It is rendered as it stands.
    Understood,
    /// Something in it is beyond us; the reason.
    NotUnderstood(String),
}

/// Tries the template of a file on a short conversation.
pub fn found(header: &Header) -> TemplateFound {
    let Some(source) = header.text("tokenizer.chat_template").filter(|source| !source.is_empty()) else {
        return TemplateFound::None;
    };
    let turn = |role, content: &str| Turn { role, content: content.to_owned() };
    let turns = [turn("system", "one"), turn("user", "two"), turn("assistant", "three"), turn("user", "four")];
    match ChatTemplate::parse(source, "", "").and_then(|template| template.render(&turns)) {
        Ok(_) => TemplateFound::Understood,
        Err(reason) => TemplateFound::NotUnderstood(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns() -> Vec<Turn> {
        let turn = |role, content: &str| Turn { role, content: content.to_owned() };
        vec![turn("system", "Be brief."), turn("user", "合同?"), turn("assistant", "Yes."), turn("user", "Why?")]
    }

    fn rendered(source: &str) -> Result<String, String> {
        ChatTemplate::parse(source, "<s>", "</s>").and_then(|template| template.render(&turns()))
    }

    /// Jamba's marks, which llama.cpp takes for another family's.
    #[test]
    fn a_template_that_llama_cpp_does_not_know_is_rendered() {
        let source = "{{ bos_token }}{% for m in messages %}\n    {% if m.role == 'system' %}\n<|bom|><|system|> \
                      {{ m.content.strip() }}<|eom|>\n    {%- else %}\n<|bom|><|{{ m['role'] }}|> {{ m.content }}<|eom|>\n    \
                      {%- endif %}\n{% endfor %}{% if add_generation_prompt %}<|bom|><|assistant|>{% endif %}";
        assert_eq!(
            rendered(source).expect("it is Jinja"),
            "<s><|bom|><|system|> Be brief.<|eom|><|bom|><|user|> 合同?<|eom|><|bom|><|assistant|> Yes.<|eom|>\
             <|bom|><|user|> Why?<|eom|><|bom|><|assistant|>"
        );
    }

    #[test]
    fn a_system_turn_that_is_refused_or_forgotten_goes_to_the_user() {
        let refuses = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}\
                       {% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}";
        let forgets = "{% for m in messages if m.role != 'system' %}[{{ m.role }}]{{ m.content }}{% endfor %}";
        for source in [refuses, forgets] {
            assert_eq!(rendered(source).expect("it is Jinja"), "[user]Be brief.\n\n合同?[assistant]Yes.[user]Why?");
        }
    }

    #[test]
    fn what_is_wrong_is_said_and_nothing_runs_for_ever() {
        assert!(rendered("{% for m in messages %}").expect_err("it has no end").contains("line 1"));
        assert_eq!(rendered("{{ raise_exception('not for you') }}"), Err("line 1: not for you".into()));
        assert_eq!(rendered("Hello"), Err("it leaves out what the system says".into()));
        let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
        assert!(rendered(endless).is_err());
    }
}
