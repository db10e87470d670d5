export class Builder {}
