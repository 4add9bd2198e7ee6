/** The menu of one conversation, in the sidebar and in the header, with the dialogs it opens. */

import { FileJson, FileText, Info, Pencil, Trash2 } from "lucide-react";
import { type ReactElement, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import { useChat } from "@/chat/context";
import { exportUrl } from "@/lib/api/calls";
import { ConfirmDialog, FieldDialog } from "@/lib/ui/dialog";
import { Menu, MenuItem, MenuLine, MenuLink } from "@/lib/ui/menu";
import type { ConversationView } from "@/lib/wire/views";

/** What fits the database's column. */
export const MAX_TITLE_CHARS = 200;

interface ConversationMenuProps {
  readonly conversation: ConversationView;
  readonly trigger: ReactElement;
  readonly onDeleted: () => void;
  readonly onDetails?: () => void;
}

export function ConversationMenu({ conversation, trigger, onDeleted, onDetails }: ConversationMenuProps): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const [asking, setAsking] = useState<"rename" | "delete" | null>(null);
  const title = conversation.title === "" ? t("common.untitled") : conversation.title;
  return (
    <>
      <Menu trigger={trigger}>
        <MenuItem icon={<Pencil size={16} aria-hidden />} data-testid="rename" onSelect={() => setAsking("rename")}>
          {t("common.rename")}
        </MenuItem>
        {onDetails !== undefined && (
          <MenuItem icon={<Info size={16} aria-hidden />} data-testid="details" onSelect={onDetails}>
            {t("conversation.details")}
          </MenuItem>
        )}
        <MenuLine />
        <MenuLink
          icon={<FileJson size={16} aria-hidden />}
          href={exportUrl(conversation.id, "json")}
          download
          data-testid="export-json"
        >
          {t("conversation.exportJson")}
        </MenuLink>
        <MenuLink
          icon={<FileText size={16} aria-hidden />}
          href={exportUrl(conversation.id, "markdown")}
          download
          data-testid="export-markdown"
        >
          {t("conversation.exportMarkdown")}
        </MenuLink>
        <MenuLine />
        <MenuItem
          danger
          icon={<Trash2 size={16} aria-hidden />}
          data-testid="delete"
          onSelect={() => setAsking("delete")}
        >
          {t("common.delete")}
        </MenuItem>
      </Menu>
      {asking === "rename" && (
        <FieldDialog
          title={t("conversation.rename")}
          label={t("conversation.title")}
          initial={conversation.title}
          max_chars={MAX_TITLE_CHARS}
          onSave={(value) => void chat.conversationChange(conversation.id, { title: value })}
          onClose={() => setAsking(null)}
        />
      )}
      {asking === "delete" && (
        <ConfirmDialog
          title={t("conversation.deleteTitle")}
          body={t("conversation.deleteBody", { title })}
          action={t("common.delete")}
          onConfirm={() => void chat.conversationDelete(conversation.id).then((is_gone) => is_gone && onDeleted())}
          onClose={() => setAsking(null)}
        />
      )}
    </>
  );
}
