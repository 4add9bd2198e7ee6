/** Modal dialogs: a frame, a question, and a field. */

import * as Radix from "@radix-ui/react-dialog";
import { X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import { Button, IconButton, join } from "./controls";
import { focusFirst } from "./focus-first";

interface DialogProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly onClose: () => void;
  readonly className?: string;
}

export function Dialog({ title, children, onClose, className }: DialogProps): ReactNode {
  const { t } = useTranslation();
  return (
    <Radix.Root open onOpenChange={(is_open) => !is_open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="dialog-ground" />
        <Radix.Content
          className={join("dialog", className)}
          aria-describedby={undefined}
          onOpenAutoFocus={focusFirst}
        >
          <header className="dialog-head">
            <Radix.Title className="dialog-title">{title}</Radix.Title>
            <IconButton label={t("common.close")} onClick={onClose}>
              <X size={18} aria-hidden />
            </IconButton>
          </header>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly body: string;
  readonly action: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function ConfirmDialog({ title, body, action, onConfirm, onClose }: ConfirmProps): ReactNode {
  const { t } = useTranslation();
  return (
    <Dialog title={title} onClose={onClose}>
      <p className="dialog-body">{body}</p>
      <div className="dialog-actions">
        <Button onClick={onClose} data-first>
          {t("common.cancel")}
        </Button>
        <Button
          look="danger"
          data-testid="confirm"
          onClick={() => {
            onConfirm();
            onClose();
          }}
        >
          {action}
        </Button>
      </div>
    </Dialog>
  );
}

interface FieldDialogProps {
  readonly title: string;
  readonly label: string;
  readonly initial: string;
  readonly max_chars: number;
  readonly onSave: (value: string) => void;
  readonly onClose: () => void;
}

export function FieldDialog({ title, label, initial, max_chars, onSave, onClose }: FieldDialogProps): ReactNode {
  const { t } = useTranslation();
  const [value, setValue] = useState(initial);
  const trimmed = value.trim();
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (trimmed === "") return;
          onSave(trimmed);
          onClose();
        }}
      >
        <label className="field">
          <span className="field-label">{label}</span>
          <input
            className="input"
            value={value}
            maxLength={max_chars}
            data-first
            data-testid="rename-input"
            onChange={(event) => setValue(event.target.value)}
            onFocus={(event) => event.target.select()}
          />
        </label>
        <div className="dialog-actions">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button look="accent" type="submit" disabled={trimmed === ""} data-testid="rename-save">
            {t("common.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
