import type { CSSVariablesResolver } from '@mantine/core'
import {
  ActionIcon,
  Button,
  Checkbox,
  createTheme,
  MultiSelect,
  Popover,
  SegmentedControl,
  Select,
  Textarea,
  TextInput,
  Tooltip,
} from '@mantine/core'

/**
 * The form of the console: one sans with tabular figures, 13 px body and 12 px tables, a 4 px scale, radius 4, one level of
 * shadow, and colours that stand for roles. Everything without a role is neutral.
 */
export const theme = createTheme({
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace",
  fontSizes: { xs: '12px', sm: '13px', md: '13px', lg: '15px', xl: '20px' },
  lineHeights: { xs: '1.35', sm: '1.45', md: '1.45', lg: '1.4', xl: '1.3' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '4px', sm: '4px', md: '4px', lg: '4px', xl: '4px' },
  defaultRadius: 'sm',
  shadows: {
    xs: 'none',
    sm: '0 2px 8px rgb(0 0 0 / 16%)',
    md: '0 2px 8px rgb(0 0 0 / 16%)',
    lg: '0 2px 8px rgb(0 0 0 / 16%)',
    xl: '0 2px 8px rgb(0 0 0 / 16%)',
  },
  black: '#15191d',
  colors: {
    signal: [
      '#e7f3fb',
      '#cfe5f4',
      '#a3cdea',
      '#74b4df',
      '#56b4e9',
      '#1c87c9',
      '#0072b2',
      '#00659e',
      '#00517f',
      '#003e63',
    ],
    dark: [
      '#e4e8eb',
      '#adb6bd',
      '#87919a',
      '#5c666f',
      '#3a424a',
      '#2a3036',
      '#1e2328',
      '#171b1f',
      '#101316',
      '#0a0c0e',
    ],
  },
  primaryColor: 'signal',
  primaryShade: 6,
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Button: Button.extend({ defaultProps: { size: 'xs', variant: 'default' } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray', size: 28 } }),
    TextInput: TextInput.extend({ defaultProps: { size: 'xs' } }),
    Textarea: Textarea.extend({ defaultProps: { size: 'xs' } }),
    Select: Select.extend({ defaultProps: { size: 'xs', comboboxProps: { transitionProps: { duration: 0 } } } }),
    MultiSelect: MultiSelect.extend({
      defaultProps: { size: 'xs', comboboxProps: { transitionProps: { duration: 0 } } },
    }),
    Checkbox: Checkbox.extend({ defaultProps: { size: 'xs' } }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: { size: 'xs', transitionDuration: 0 } }),
    Popover: Popover.extend({
      defaultProps: { shadow: 'sm', offset: 4, transitionProps: { duration: 0 }, returnFocus: true },
    }),
    Tooltip: Tooltip.extend({
      defaultProps: {
        openDelay: 300,
        transitionProps: { duration: 0 },
        events: { hover: true, focus: true, touch: false },
      },
    }),
  },
})

/**
 * The roles as CSS variables. `-text` variants are the same hue dark or light enough to read as text (contrast of 4.5 or
 * more on the panel). The hues are those of Okabe and Ito's palette, told apart by people with any colour vision.
 */
export const roleVariables: CSSVariablesResolver = () => ({
  variables: {
    '--sy-old': '#e69f00',
    '--sy-diff': '#cc79a7',
    '--sy-pass': '#009e73',
    '--sy-row': '28px',
  },
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-default-border': '#c3c9cf',
    '--mantine-color-dimmed': '#59636c',
    '--mantine-color-placeholder': '#6a747d',
    '--sy-canvas': '#eef0f2',
    '--sy-panel': '#ffffff',
    '--sy-sunken': '#f6f7f8',
    '--sy-line': '#dde1e5',
    '--sy-line-strong': '#b9c0c7',
    '--sy-ink': '#15191d',
    '--sy-ink-2': '#4a545d',
    '--sy-ink-3': '#66707a',
    '--sy-hover': '#f0f3f5',
    '--sy-selected': '#dcecf7',
    '--sy-new': '#0072b2',
    '--sy-fail': '#cc3311',
    '--sy-old-text': '#855c00',
    '--sy-new-text': '#0068a3',
    '--sy-diff-text': '#9c4677',
    '--sy-pass-text': '#00734f',
    '--sy-fail-text': '#b32d0f',
    '--sy-fail-wash': '#fdf1ee',
  },
  dark: {
    '--mantine-color-body': '#171b1f',
    '--mantine-color-default-border': '#3a424a',
    '--mantine-color-dimmed': '#a3adb5',
    '--mantine-color-placeholder': '#87919a',
    '--sy-canvas': '#0d1012',
    '--sy-panel': '#171b1f',
    '--sy-sunken': '#121518',
    '--sy-line': '#272d33',
    '--sy-line-strong': '#434c54',
    '--sy-ink': '#e4e8eb',
    '--sy-ink-2': '#adb6bd',
    '--sy-ink-3': '#8b959e',
    '--sy-hover': '#1e2429',
    '--sy-selected': '#16324a',
    '--sy-new': '#56b4e9',
    '--sy-fail': '#e2492a',
    '--sy-old-text': '#e69f00',
    '--sy-new-text': '#6fc0ee',
    '--sy-diff-text': '#d996bb',
    '--sy-pass-text': '#3cc79a',
    '--sy-fail-text': '#ff8567',
    '--sy-fail-wash': '#2a1814',
  },
})
