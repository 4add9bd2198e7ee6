/** What stands in place of the page when drawing it failed. */

import { Component, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "@/lib/ui/controls";

export class CrashBoundary extends Component<{ readonly children: ReactNode }, { readonly has_crashed: boolean }> {
  override state = { has_crashed: false };

  static getDerivedStateFromError(): { has_crashed: boolean } {
    return { has_crashed: true };
  }

  override render(): ReactNode {
    return this.state.has_crashed ? <Crashed /> : this.props.children;
  }
}

function Crashed(): ReactNode {
  const { t } = useTranslation();
  return (
    <div className="crash" role="alert">
      <p>{t("error.crash")}</p>
      <Button look="accent" onClick={() => location.reload()}>
        {t("error.reload")}
      </Button>
    </div>
  );
}
