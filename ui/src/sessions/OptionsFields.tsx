import { Switch, TextField } from "../parts";
import { QueryField } from "../query";
import { limitError, mediaTypesError, type OptionsForm } from "./options";
import styles from "./Sessions.module.css";

/** What a session keeps, and for how long. */
export function OptionsFields({ form, onChange }: { form: OptionsForm; onChange: (form: OptionsForm) => void }) {
  const set = (part: Partial<OptionsForm>) => onChange({ ...form, ...part });
  return (
    <>
      <div className={styles.field}>
        <span aria-hidden className={styles.label}>
          Capture filter
        </span>
        <QueryField
          label="Capture filter"
          placeholder="Empty: everything is kept"
          text={form.filter}
          onText={(filter) => set({ filter })}
        />
        <span className={styles.hint}>What does not match passes, is counted, and is not kept.</span>
      </div>
      <Switch isOn={form.responseBodies} onChange={(responseBodies) => set({ responseBodies })}>
        Keep response bodies
      </Switch>
      <Switch isOn={form.cookies} onChange={(cookies) => set({ cookies })} help="Off: names stay, values do not.">
        Keep the values of cookies
      </Switch>
      <TextField
        label="Skip bodies of these types"
        isCode
        value={form.skipBodies}
        onChange={(skipBodies) => set({ skipBodies })}
        placeholder="image/*, video/mp4"
        error={mediaTypesError(form.skipBodies) || undefined}
      />
      <fieldset className={styles.limits}>
        <legend>Keep at most (empty: no limit; the oldest go first)</legend>
        <TextField
          label="Days"
          value={form.days}
          onChange={(days) => set({ days })}
          error={limitError(form.days, false) || undefined}
        />
        <TextField
          label="Exchanges"
          value={form.count}
          onChange={(count) => set({ count })}
          error={limitError(form.count, true) || undefined}
        />
        <TextField
          label="Megabytes of bodies"
          value={form.megabytes}
          onChange={(megabytes) => set({ megabytes })}
          error={limitError(form.megabytes, false) || undefined}
        />
      </fieldset>
    </>
  );
}
