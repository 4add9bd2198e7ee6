/** The account at the foot of the sidebar: language, theme, administration, sign out. */

import { ChevronsUpDown, LogOut, Wrench } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useChat, useChatState } from "@/chat/context";
import { csrfToken } from "@/lib/api/client";
import { i18nChange } from "@/lib/i18n/i18n";
import { Menu, MenuChoices, MenuItem, MenuLine, MenuLink } from "@/lib/ui/menu";
import type { Language } from "@/lib/wire/views";

import { type Theme, themeApply, themeRead, THEMES } from "./theme";

/** Each language by its own name: a person who cannot read the other must find it. */
const LANGUAGES: readonly { readonly value: Language; readonly label: string; readonly testid: string }[] = [
  { value: "en", label: "English", testid: "language-en" },
  { value: "zh-hans", label: "简体中文", testid: "language-zh" },
];

interface AccountMenuProps {
  readonly signout_url: string;
  readonly admin_url: string | null;
}

export function AccountMenu({ signout_url, admin_url }: AccountMenuProps): ReactNode {
  const { t } = useTranslation();
  const chat = useChat();
  const me = useChatState((state) => state.me);
  const [theme, setTheme] = useState(themeRead);
  const form = useRef<HTMLFormElement>(null);
  const name = me.display_name === "" ? me.email : me.display_name;
  const languageChange = async (language: Language): Promise<void> => {
    await Promise.all([i18nChange(language), chat.languageChange(language)]);
  };
  return (
    <>
      <Menu
        align="start"
        side="top"
        wide
        trigger={
          <button type="button" className="account" aria-label={`${t("account.label")}: ${name}`} data-testid="account">
            <span className="avatar" aria-hidden>
              {Array.from(name)[0]?.toUpperCase()}
            </span>
            <span className="account-name">{name}</span>
            <ChevronsUpDown size={16} aria-hidden />
          </button>
        }
      >
        <div className="menu-person">{me.email}</div>
        <MenuLine />
        <MenuChoices
          label={t("account.language")}
          value={me.language}
          choices={LANGUAGES}
          onChange={(value) => void languageChange(value as Language)}
        />
        <MenuLine />
        <MenuChoices
          label={t("account.theme")}
          value={theme}
          choices={THEMES.map((value) => ({ value, label: t(`account.${value}`), testid: `theme-${value}` }))}
          onChange={(value) => {
            themeApply(value as Theme);
            setTheme(value as Theme);
          }}
        />
        <MenuLine />
        {admin_url !== null && (
          <MenuLink icon={<Wrench size={16} aria-hidden />} href={admin_url} data-testid="admin-link">
            {t("account.admin")}
          </MenuLink>
        )}
        <MenuItem
          icon={<LogOut size={16} aria-hidden />}
          data-testid="sign-out"
          onSelect={() => form.current?.requestSubmit()}
        >
          {t("account.signOut")}
        </MenuItem>
      </Menu>
      <SignOutForm formRef={form} action={signout_url} />
    </>
  );
}

/** Signing out changes something, so it is a POST; the token is read when it is sent. */
function SignOutForm({ formRef, action }: { formRef: React.RefObject<HTMLFormElement | null>; action: string }): ReactNode {
  const token = useRef<HTMLInputElement>(null);
  return (
    <form
      ref={formRef}
      method="post"
      action={action}
      hidden
      onSubmit={() => {
        if (token.current !== null) token.current.value = csrfToken();
      }}
    >
      <input ref={token} type="hidden" name="csrfmiddlewaretoken" defaultValue="" />
    </form>
  );
}
