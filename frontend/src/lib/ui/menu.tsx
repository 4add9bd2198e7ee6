/** A menu that opens from a button: Radix' behaviour, our looks. */

import * as Dropdown from "@radix-ui/react-dropdown-menu";
import { Check } from "lucide-react";
import type { ComponentProps, ReactElement, ReactNode } from "react";

import { join } from "./controls";

interface MenuProps {
  readonly trigger: ReactElement;
  readonly children: ReactNode;
  readonly align?: "start" | "center" | "end";
  readonly side?: "top" | "bottom";
  readonly wide?: boolean;
  readonly onOpenChange?: (is_open: boolean) => void;
}

export function Menu({ trigger, children, align = "end", side = "bottom", wide, onOpenChange }: MenuProps): ReactNode {
  return (
    <Dropdown.Root modal={false} {...(onOpenChange === undefined ? {} : { onOpenChange })}>
      <Dropdown.Trigger asChild>{trigger}</Dropdown.Trigger>
      <Dropdown.Portal>
        <Dropdown.Content
          className={join("menu", wide === true && "menu-wide")}
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
        >
          {children}
        </Dropdown.Content>
      </Dropdown.Portal>
    </Dropdown.Root>
  );
}

interface MenuItemProps extends ComponentProps<typeof Dropdown.Item> {
  readonly icon?: ReactNode;
  readonly danger?: boolean;
  readonly "data-testid"?: string;
}

export function MenuItem({ icon, danger, children, ...rest }: MenuItemProps): ReactNode {
  return (
    <Dropdown.Item className={join("menu-item", danger === true && "menu-item-danger")} {...rest}>
      {icon}
      <span>{children}</span>
    </Dropdown.Item>
  );
}

interface MenuLinkProps extends ComponentProps<"a"> {
  readonly icon?: ReactNode;
  readonly "data-testid"?: string;
}

export function MenuLink({ icon, children, ...rest }: MenuLinkProps): ReactNode {
  return (
    <Dropdown.Item className="menu-item" asChild>
      <a {...rest}>
        {icon}
        <span>{children}</span>
      </a>
    </Dropdown.Item>
  );
}

interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly testid?: string;
}

interface MenuChoicesProps {
  readonly label?: string;
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly onChange: (value: string) => void;
}

export function MenuChoices({ label, value, choices, onChange }: MenuChoicesProps): ReactNode {
  return (
    <Dropdown.RadioGroup value={value} onValueChange={onChange}>
      {label !== undefined && <Dropdown.Label className="menu-label">{label}</Dropdown.Label>}
      {choices.map((choice) => (
        <Dropdown.RadioItem
          key={choice.value}
          value={choice.value}
          className="menu-item"
          data-testid={choice.testid}
          data-value={choice.value}
        >
          <span className="menu-check">
            <Dropdown.ItemIndicator>
              <Check size={16} aria-hidden />
            </Dropdown.ItemIndicator>
          </span>
          <span>
            {choice.label}
            {choice.hint !== undefined && <small>{choice.hint}</small>}
          </span>
        </Dropdown.RadioItem>
      ))}
    </Dropdown.RadioGroup>
  );
}

export function MenuLine(): ReactNode {
  return <Dropdown.Separator className="menu-line" />;
}
