// GraphiQL as a person drives it: tabs, the button, and what stands in the right-hand pane.

export class GraphiQL {
  constructor(page) {
    this.page = page;
  }

  async ready() {
    await this.page.getByRole('tab').first().waitFor();
    await this.page.locator('.graphiql-query-editor .view-line').first().waitFor();
  }

  /** Waits until the browser's store holds `text` among the tabs. */
  async remembered(text) {
    await this.page.waitForFunction((part) => localStorage.getItem('graphiql:tabState')?.includes(part), text);
  }

  async tabs() {
    return this.page.getByRole('tab').allInnerTexts();
  }

  async choose(name) {
    await this.page.getByRole('tablist').getByTitle(name, { exact: true }).click();
    await this.settled();
  }

  async press(label) {
    await this.page.getByRole('button', { name: new RegExp(`^${label}`) }).first().click();
  }

  /** The answer as JSON, once it satisfies `enough`. */
  async answer(enough, seconds = 60) {
    const deadline = Date.now() + seconds * 1000;
    let text = '';
    for (;;) {
      text = await this.text('response');
      const answer = parse(text);
      if (answer && enough(answer)) return answer;
      if (Date.now() > deadline) throw new Error(`no such answer after ${seconds} s, but: ${text.slice(0, 500)}`);
      await this.page.waitForTimeout(50);
    }
  }

  /** GraphiQL reads a document a moment after it changed, and only then knows what the button is to run. */
  async settled() {
    await this.page.waitForFunction(() =>
      globalThis.__MONACO.editor
        .getModels()
        .some(
          (model) => model.uri.path.includes('operation') && model.getValue() === localStorage.getItem('graphiql:query'),
        ),
    );
  }

  /** Waits until no editor finds fault; one that is behind judges the variables by the tab before. */
  async flawless() {
    await this.page.waitForFunction(() => globalThis.__MONACO.editor.getModelMarkers({}).length === 0);
  }

  /** Replaces an editor's text, as pasting would. */
  async write(editor, text) {
    await this.page.evaluate(
      ([name, value]) => {
        const models = globalThis.__MONACO.editor.getModels();
        models.find((model) => model.uri.path.includes(name)).setValue(value);
      },
      [editor, text],
    );
  }

  /** Waits until an editor's text is `text`. */
  async holds(editor, text) {
    await this.page.waitForFunction(
      ([name, value]) => {
        const models = globalThis.__MONACO.editor.getModels();
        return models.some((model) => model.uri.path.includes(name) && model.getValue().trim() === value);
      },
      [editor, text],
    );
  }

  /** The whole text of an editor; the page itself draws only the lines in view. */
  async text(editor) {
    return this.page.evaluate((name) => {
      const models = globalThis.__MONACO.editor.getModels();
      return models.find((model) => model.uri.path.includes(name))?.getValue() ?? '';
    }, editor);
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
