/** A pane that slides in from the left over a narrow page. */

import * as Radix from "@radix-ui/react-dialog";
import type { ReactNode } from "react";

import { focusFirst } from "./focus-first";

interface SheetProps {
  readonly label: string;
  readonly children: ReactNode;
  readonly onClose: () => void;
}

export function Sheet({ label, children, onClose }: SheetProps): ReactNode {
  return (
    <Radix.Root open onOpenChange={(is_open) => !is_open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="dialog-ground" />
        <Radix.Content className="sheet" aria-describedby={undefined} onOpenAutoFocus={focusFirst}>
          <Radix.Title className="visually-hidden">{label}</Radix.Title>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
