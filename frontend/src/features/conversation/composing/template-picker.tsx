/** Prompt templates as cards, and the chosen one's variables as a form. */

import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useChatState } from "@/chat/context";
import type { ChosenTemplate } from "@/lib/api/calls";
import { IconButton } from "@/lib/ui/controls";
import type { PromptTemplate } from "@/lib/wire/views";

export interface TemplateChoice {
  readonly template: PromptTemplate;
  readonly values: Readonly<Record<string, string>>;
  /** The person tried to send: what is missing says so. */
  readonly is_checked: boolean;
}

export function templateChosen({ template, values }: TemplateChoice): ChosenTemplate {
  return { slug: template.slug, version: template.version, variables: values };
}

/** The first required variable without a value. */
export function variableMissing({ template, values }: TemplateChoice): string | null {
  return template.variables.find(({ name, required }) => required && (values[name] ?? "").trim() === "")?.name ?? null;
}

interface TemplatePickerProps {
  readonly choice: TemplateChoice | null;
  readonly onChange: (choice: TemplateChoice | null) => void;
}

export function TemplatePicker({ choice, onChange }: TemplatePickerProps): ReactNode {
  const { t } = useTranslation();
  const templates = useChatState((state) => state.templates);
  if (choice !== null) return <TemplateForm choice={choice} onChange={onChange} />;
  if (templates.length === 0) return null;
  return (
    <section className="templates" aria-label={t("empty.templates")}>
      <h2 className="templates-head">{t("empty.templates")}</h2>
      <div className="template-cards">
        {templates.map((template) => (
          <button
            key={template.slug}
            type="button"
            className="template-card"
            data-testid="template-card"
            data-slug={template.slug}
            onClick={() => onChange(chosen(template))}
          >
            <strong>{template.title}</strong>
            <span>{template.description}</span>
          </button>
        ))}
      </div>
    </section>
  );
}

function chosen(template: PromptTemplate): TemplateChoice {
  const values = template.variables.map((variable) => [variable.name, variable.default ?? ""]);
  return { template, values: Object.fromEntries(values) as Record<string, string>, is_checked: false };
}

interface TemplateFormProps {
  readonly choice: TemplateChoice;
  readonly onChange: (choice: TemplateChoice | null) => void;
}

function TemplateForm({ choice, onChange }: TemplateFormProps): ReactNode {
  const { t } = useTranslation();
  const { template, values, is_checked } = choice;
  return (
    <section className="template-form" data-testid="template-form" aria-label={template.title}>
      <header>
        <div>
          <h2>{template.title}</h2>
          <p>{template.description}</p>
        </div>
        <IconButton label={t("empty.without")} data-testid="template-clear" onClick={() => onChange(null)}>
          <X size={18} aria-hidden />
        </IconButton>
      </header>
      {template.variables.map(({ name, label, required }) => {
        const value = values[name] ?? "";
        const is_missing = is_checked && required && value.trim() === "";
        return (
          <label className="field" key={name}>
            <span className="field-label">
              {label}
              {!required && <small>{t("empty.optional")}</small>}
            </span>
            <input
              id={`variable-${name}`}
              className="input"
              value={value}
              aria-invalid={is_missing}
              aria-describedby={is_missing ? `variable-${name}-error` : undefined}
              data-testid={`variable-${name}`}
              onChange={(event) => onChange({ ...choice, values: { ...values, [name]: event.target.value } })}
            />
            {is_missing && (
              <span className="field-error" id={`variable-${name}-error`}>
                {t("empty.required")}
              </span>
            )}
          </label>
        );
      })}
    </section>
  );
}
