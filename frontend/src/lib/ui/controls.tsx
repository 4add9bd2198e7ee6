/** Buttons and their tooltips. Every icon has an accessible name, and the tooltip shows the same words. */

import * as Tooltip from "@radix-ui/react-tooltip";
import type { ComponentProps, ReactElement, ReactNode } from "react";

export const TooltipProvider = Tooltip.Provider;

export function Tip({ label, children }: { readonly label: string; readonly children: ReactElement }): ReactNode {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className="tooltip" sideOffset={6} collisionPadding={8}>
          {label}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "aria-label"> {
  readonly label: string;
  readonly "data-testid"?: string;
}

export function IconButton({ label, className, children, ...rest }: IconButtonProps): ReactNode {
  return (
    <Tip label={label}>
      <button type="button" aria-label={label} className={join("icon-button", className)} {...rest}>
        {children}
      </button>
    </Tip>
  );
}

interface ButtonProps extends ComponentProps<"button"> {
  readonly look?: "plain" | "accent" | "quiet" | "danger";
  /** Takes the focus when its dialog opens. */
  readonly "data-first"?: boolean;
  readonly "data-testid"?: string;
}

export function Button({ look = "plain", className, ...rest }: ButtonProps): ReactNode {
  return <button type="button" className={join("button", `button-${look}`, className)} {...rest} />;
}

export function join(...names: readonly (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}
